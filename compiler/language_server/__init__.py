"""`rubricc lsp`: the questions of `rubricdsl.editor` asked over the Language Server Protocol."""
