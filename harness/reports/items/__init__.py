"""What many systems' answers say of a task's items."""
