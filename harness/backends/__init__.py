"""The backend schema: one system under test."""
