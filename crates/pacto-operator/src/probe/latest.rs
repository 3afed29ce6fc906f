//! What endpoints answered last. They are asked in the background: who is slow holds up nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pacto_engine::runtime::{Endpoint, EndpointRole, ProbeResult};
use pacto_k8s::ResourceKey;

use super::Prober;
use crate::cluster::Queue;

/// The last answers, by Pacto.
#[derive(Debug)]
pub struct Latest {
    prober: Arc<Prober>,
    wake: Queue,
    known: Mutex<HashMap<ResourceKey, HashMap<EndpointRole, Known>>>,
}

#[derive(Debug)]
struct Known {
    /// Who was asked what.
    of: (ResourceKey, Endpoint),
    result: Option<ProbeResult>,
    asked: Instant,
    is_asking: bool,
}

impl Latest {
    /// Nothing was asked yet. A Pacto of which something else is known now is put into `wake`.
    pub fn new(prober: Arc<Prober>, wake: Queue) -> Self {
        Self { prober, wake, known: Mutex::default() }
    }

    /// Forgets a Pacto that is gone.
    pub fn forget(&self, pacto: &ResourceKey) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(pacto);
    }

    /// What an endpoint of a Service answered last; it is asked anew, if that was not just now. None where it never answered:
    /// the Pacto is looked at again when it has.
    pub fn of(
        self: &Arc<Self>,
        pacto: &ResourceKey,
        service: ResourceKey,
        endpoint: Endpoint,
    ) -> Option<ProbeResult> {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(pacto.clone()).or_default();
        let of = (service, endpoint);
        let role = of.1.role;
        let before = known.remove(&role).filter(|known| known.of == of);
        let (result, is_due) = match &before {
            Some(known) => {
                (known.result.clone(), !known.is_asking && known.asked.elapsed() >= self.prober.spacing())
            }
            None => (None, true),
        };
        let asked = before.as_ref().map_or_else(Instant::now, |known| known.asked);
        let is_asking = is_due || before.is_some_and(|known| known.is_asking);
        known.insert(role, Known { of: of.clone(), result: result.clone(), asked, is_asking });
        drop(all);
        if is_due {
            let (this, pacto) = (Arc::clone(self), pacto.clone());
            tokio::spawn(async move {
                let result = this.prober.probe(&of.0, &of.1).await;
                this.answered(pacto, &of, result);
            });
        }
        result
    }

    fn answered(&self, pacto: ResourceKey, of: &(ResourceKey, Endpoint), result: ProbeResult) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // The Pacto may be gone, or declare something else now.
        let known = all.get_mut(&pacto).and_then(|known| known.get_mut(&of.1.role));
        let Some(known) = known.filter(|known| known.of == *of) else { return };
        let is_news = known.result.as_ref().is_none_or(|before| before.outcome != result.outcome);
        (known.result, known.asked, known.is_asking) = (Some(result), Instant::now(), false);
        drop(all);
        if is_news {
            self.wake.put(pacto);
        }
    }
}
