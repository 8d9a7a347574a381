"""Published cases, and one runner that calls each adapter in the way its stack does."""
