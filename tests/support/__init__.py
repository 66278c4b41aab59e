"""What several tests use: projects, servers, fake runs, tiny models."""
