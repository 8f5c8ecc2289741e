"""The call page, its WebSocket and its HTTP interface, around the calls of `earmark.call`."""
