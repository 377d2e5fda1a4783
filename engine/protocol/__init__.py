"""How the engine and its clients talk: messages, their coding, keys, the client and the server."""
