//! The real functions, as the program would have had them.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::mem::{size_of, transmute_copy};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::errno;

/// libc's own definition of a name, of type `F`: the next one after the executable's, so that preloaded libraries keep
/// their place in the chain. Looked up at the first call and kept.
pub(crate) struct Real<F> {
    name: &'static CStr,
    // Relaxed throughout: it is the address of code that was there before the program, so nothing is published with it,
    // and two threads that look at once find the same.
    address: AtomicPtr<c_void>,
    of: PhantomData<F>,
}

impl<F: Copy> Real<F> {
    /// # Safety
    /// `F` is a function pointer type with which libc's function `name` may be called.
    pub(crate) const unsafe fn new(name: &'static CStr) -> Self {
        assert!(size_of::<F>() == size_of::<*mut c_void>());
        Self { name, address: AtomicPtr::new(ptr::null_mut()), of: PhantomData }
    }

    /// `None` with `errno` set to `ENOSYS` if this libc is too old to have the function.
    #[inline]
    pub(crate) fn get(&self) -> Option<F> {
        let mut address = self.address.load(Ordering::Relaxed);
        if address.is_null() {
            address = self.find();
            if address.is_null() {
                errno::set(libc::ENOSYS);
                return None;
            }
        }
        // SAFETY: `new` was promised that `F` is this function's pointer type, it has the size of a pointer (asserted
        // there), and the address is not null.
        Some(unsafe { transmute_copy(&address) })
    }

    /// glibc does not allocate where a look-up succeeds, so this is safe under an allocator that asks for the time.
    #[cold]
    fn find(&self) -> *mut c_void {
        // SAFETY: the name ends with a zero byte, and the caller of `dlsym` is code of this executable.
        let address = errno::kept(|| unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) });
        self.address.store(address, Ordering::Relaxed);
        address
    }
}

#[cfg(test)]
mod tests {
    use super::Real;
    use crate::host::linux::errno;

    type Getpid = unsafe extern "C" fn() -> libc::pid_t;

    #[test]
    fn a_function_is_found_and_errno_kept() {
        // SAFETY: the type is getpid's.
        let real = unsafe { Real::<Getpid>::new(c"getpid") };
        errno::set(libc::EXDEV);
        for _ in 0..2 {
            // SAFETY: getpid has no precondition.
            assert_eq!(unsafe { real.get().unwrap()() }.cast_unsigned(), std::process::id());
        }
        assert_eq!(errno::get(), libc::EXDEV);
    }

    #[test]
    fn a_function_that_this_libc_lacks_is_told() {
        // SAFETY: never called.
        let real = unsafe { Real::<Getpid>::new(c"tumult_has_no_such_function") };
        assert!(real.get().is_none());
        assert_eq!(errno::get(), libc::ENOSYS);
    }
}
