"""The canvas on which a network is drawn: it mirrors the document and turns gestures into edits."""
