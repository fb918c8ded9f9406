//! Where it is said what follows a login.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::gate::Gate;
use super::layer::Layer;

/// What a stream is in.
pub(super) enum Stage {
    Login(Gate),
    Open,
    Layered(Box<dyn Layer>),
}

/// What the stream and who logs in have in common.
pub(super) struct State {
    pub(super) stage: Stage,
    /// Who waits for what follows.
    pub(super) reader: Option<Waker>,
}

/// Says what follows a login.
#[derive(Clone)]
pub struct LayerSwitch(Arc<Mutex<State>>);

impl fmt::Debug for LayerSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerSwitch")
    }
}

impl LayerSwitch {
    /// At the beginning of a login.
    pub(super) fn new() -> Self {
        let state = State {
            stage: Stage::Login(Gate::default()),
            reader: None,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything goes through this layer from now on.
    pub(crate) fn install(&self, layer: Box<dyn Layer>) {
        self.switch(Stage::Layered(layer));
    }

    /// Where no layer was agreed on, everything goes as it is.
    pub(crate) fn login_is_over(&self) {
        if matches!(self.lock().stage, Stage::Login(_)) {
            self.switch(Stage::Open);
        }
    }

    fn switch(&self, stage: Stage) {
        let mut state = self.lock();
        state.stage = stage;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }
}
