"""The leaderboard: rows, ranks, group scores, rendering."""
