//! Files of this machine, with the signatures of `tumult_sim::disk`.
