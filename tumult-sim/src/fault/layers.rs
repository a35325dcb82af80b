//! Settings that several faults may change at once: the youngest fault in force decides, and when the last one is
//! healed, what was before comes back.

use crate::base::{ClockChange, Effect};

/// Which setting an effect sets, and whose: a process's, or from [`OF_NAMES`] on a name's.
type Setting = (u32, usize);

const OF_NAMES: usize = 64;

/// The setting that an effect sets; `None` for effects that add up or are names of their own.
pub(super) fn setting(effect: &Effect) -> Option<Setting> {
    Some(match effect {
        Effect::Clock(p, ClockChange::Drift(_)) => (p.0, 0),
        Effect::Descriptors(p, _) => (p.0, 1),
        Effect::Disk(p, change) => (p.0, 2 + change.setting()),
        Effect::StealCpu(p, _) => (p.0, 32),
        Effect::PressMemory(p, _) => (p.0, 33),
        Effect::Name(name, change) => (name.0, OF_NAMES + change.setting()),
        _ => return None,
    })
}

#[derive(Debug)]
struct Layer {
    setting: Setting,
    /// What restores the state before any fault.
    base: Effect,
    /// The faults in force that set it, oldest first.
    faults: Vec<(usize, Effect)>,
}

/// All settings that faults hold at the moment.
#[derive(Debug, Default)]
pub(super) struct Layers(Vec<Layer>);

impl Layers {
    /// A fault sets a setting. `base` is asked for what was before, when it is the first to do so.
    pub(super) fn lay(&mut self, fault: usize, effect: &Effect, base: impl FnOnce() -> Effect) {
        let Some(setting) = setting(effect) else { return };
        match self.0.iter_mut().find(|layer| layer.setting == setting) {
            Some(layer) => layer.faults.push((fault, effect.clone())),
            None => self.0.push(Layer { setting, base: base(), faults: vec![(fault, effect.clone())] }),
        }
    }

    /// Whether some fault holds the setting that the effect sets.
    pub(super) fn holds(&self, effect: &Effect) -> bool {
        setting(effect).is_some_and(|setting| self.0.iter().any(|layer| layer.setting == setting))
    }

    /// A fault is healed: the effect that is to be applied, if one is.
    pub(super) fn lift(&mut self, fault: usize, effect: &Effect) -> Option<Effect> {
        let setting = setting(effect)?;
        let at = self.0.iter().position(|layer| layer.setting == setting)?;
        let layer = &mut self.0[at];
        let was_youngest = layer.faults.last().is_some_and(|(f, _)| *f == fault);
        layer.faults.retain(|(f, _)| *f != fault);
        match layer.faults.last() {
            Some((_, below)) => was_youngest.then(|| below.clone()),
            None => Some(self.0.remove(at).base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DiskChange, ProcessId};

    fn drift(ppb: i64) -> Effect {
        Effect::Clock(ProcessId(0), ClockChange::Drift(ppb))
    }

    #[test]
    fn the_youngest_fault_decides_and_the_base_comes_back_last() {
        let mut layers = Layers::default();
        layers.lay(1, &drift(100), || drift(5));
        layers.lay(2, &drift(200), || unreachable!("the base is known"));
        assert_eq!(layers.lift(1, &drift(0)), None, "the younger one stays in force");
        assert_eq!(layers.lift(2, &drift(0)), Some(drift(5)));
        layers.lay(3, &drift(100), || drift(7));
        layers.lay(4, &drift(200), || unreachable!("the base is known"));
        assert_eq!(layers.lift(4, &drift(0)), Some(drift(100)));
        assert_eq!(layers.lift(3, &drift(0)), Some(drift(7)));
        assert_eq!(layers.lift(3, &drift(0)), None);
    }

    #[test]
    fn settings_do_not_meet() {
        let stall = Effect::Disk(ProcessId(0), DiskChange::Stall(true));
        let mut layers = Layers::default();
        layers.lay(1, &drift(100), || drift(0));
        layers.lay(1, &stall, || Effect::Disk(ProcessId(0), DiskChange::Stall(false)));
        assert_eq!(layers.lift(1, &drift(0)), Some(drift(0)));
        assert_eq!(layers.lift(1, &stall), Some(Effect::Disk(ProcessId(0), DiskChange::Stall(false))));
        assert_eq!(setting(&Effect::Kill(ProcessId(0))), None);
    }
}
