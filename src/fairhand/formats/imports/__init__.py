"""Readers of files that belong to other tools: chats, judgements of search results, timed text."""
