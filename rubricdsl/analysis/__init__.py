"""What a reward can do, proved from the compact form of its rubric; see the README beside."""
