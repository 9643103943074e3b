//! Feeds: from a catalog to files that any reader takes.
