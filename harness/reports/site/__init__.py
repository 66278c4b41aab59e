"""A report as a folder of pages that needs no server and no network: `harness report --out DIR`."""
