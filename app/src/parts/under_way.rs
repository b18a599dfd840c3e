use leptos::prelude::*;

/// One request at a time: while it is under way, a second press does nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnderWay(RwSignal<bool>);

impl UnderWay {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(false))
    }

    /// `false` where one is under way already.
    pub(crate) fn begin(self) -> bool {
        !self
            .0
            .try_update(|busy| std::mem::replace(busy, true))
            .unwrap_or(true)
    }

    /// Also right where the screen is gone meanwhile.
    pub(crate) fn end(self) {
        let _ = self.0.try_set(false);
    }

    pub(crate) fn is(self) -> bool {
        self.0.get()
    }

    /// For `aria-disabled`.
    pub(crate) fn disabled(self) -> Option<&'static str> {
        self.is().then_some("true")
    }
}
