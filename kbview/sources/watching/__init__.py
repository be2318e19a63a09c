"""The contract of live sources: producers, merged by time into one watch."""
