//! The injector against a real world.
