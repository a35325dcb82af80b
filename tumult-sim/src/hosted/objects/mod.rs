//! What descriptors stand for, one kind a file.

pub(super) mod epoll;
pub(super) mod eventfd;
pub(super) mod pipe;
pub(super) mod timerfd;
