"""What runs inside the sandboxed process. Nothing here is imported by the server's own process
except `frames`' constants and pure tables."""
