"""The product as its users have it: a server process, a browser, nothing mocked."""
