//! What a pod asks for and is held to: cpu, memory and devices.

use crate::model::notebook::Resources;

use super::containers::{Container, Role};
use super::error::{ManifestError, ManifestErrorKind as Kind};
use super::node::Node;
use super::quantity::Unit;

/// The figures of one container, or of a pod.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) requests: Resources,
    pub(super) limits: Resources,
}

/// What the containers of a pod come to.
pub(super) fn read(
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<Figures, ManifestError> {
    if let Some(claims) = spec.field("resourceClaims")? {
        let message = "devices by claim cannot be counted";
        return Err(ManifestError::new(Kind::Unsupported, claims.place(), message)
            .help("ask for devices in `resources.limits`"));
    }
    let mut parts = Vec::with_capacity(containers.len());
    for container in containers {
        parts.push((container.role, Figures::read(&container.node)?));
    }
    let whole = Figures::read(spec)?;
    let overhead = match spec.field("overhead")? {
        Some(overhead) => amounts(&overhead)?,
        None => Resources::default(),
    };
    let too_much = || {
        ManifestError::new(Kind::Value, spec.place(), "the containers ask for too much together")
    };
    let requests: Vec<_> = parts.iter().map(|(role, one)| (*role, one.requests)).collect();
    let limits: Vec<_> = parts.iter().map(|(role, one)| (*role, one.limits)).collect();
    let requests = together(&requests, whole.requests, overhead).ok_or_else(too_much)?;
    let limits = together(&limits, whole.limits, overhead).ok_or_else(too_much)?;
    Ok(Figures { requests, limits })
}

impl Figures {
    /// A request that is not stated is the limit, as the API server has it. Devices have no
    /// request apart from their limit.
    fn read(node: &Node<'_>) -> Result<Self, ManifestError> {
        let Some(resources) = node.field("resources")? else { return Ok(Self::default()) };
        let read = |name| match resources.field(name)? {
            Some(list) => amounts(&list),
            None => Ok(Resources::default()),
        };
        let (mut requests, mut limits) = (read("requests")?, read("limits")?);
        requests.cpu = requests.cpu.or(limits.cpu);
        requests.memory = requests.memory.or(limits.memory);
        limits.gpu = limits.gpu.max(requests.gpu);
        requests.gpu = limits.gpu;
        Ok(Self { requests, limits })
    }
}

/// Reads the quantity of one kind of compute: `cpu` in millicores, any other in whole ones.
///
/// # Errors
/// When the text is no quantity, or does not fit.
pub fn quantity(compute: &str, text: &str) -> Result<i64, ManifestError> {
    let unit = if compute == "cpu" { Unit::Thousandths } else { Unit::Whole };
    unit.parse(text).map_err(|message| ManifestError::new(Kind::Value, "", message))
}

/// Whether devices of this name are counted as `gpu`, such as `nvidia.com/gpu`.
#[must_use]
pub fn is_gpu(name: &str) -> bool {
    let Some((vendor, device)) = name.split_once('/') else { return false };
    match vendor {
        "nvidia.com" => ["gpu", "mig-"].iter().any(|prefix| device.starts_with(prefix)),
        "amd.com" => device.starts_with("gpu"),
        "gpu.intel.com" => true,
        _ => false,
    }
}

fn amounts(list: &Node<'_>) -> Result<Resources, ManifestError> {
    let mut amounts = Resources::default();
    for (name, quantity) in list.fields()? {
        match name {
            "cpu" => amounts.cpu = Some(Unit::Thousandths.read(&quantity)?),
            "memory" => amounts.memory = Some(Unit::Whole.read(&quantity)?),
            device if is_gpu(device) => {
                let devices = amounts.gpu.unwrap_or(0).checked_add(Unit::Whole.read(&quantity)?);
                amounts.gpu = Some(devices.ok_or_else(|| quantity.refuse("too many devices"))?);
            }
            // Disk, huge pages and other devices: read, so that nonsense is refused; no fact.
            _ => _ = Unit::Whole.read(&quantity)?,
        }
    }
    Ok(amounts)
}

/// What the containers come to together; `None` when it does not fit.
fn together(
    parts: &[(Role, Resources)],
    whole: Resources,
    overhead: Resources,
) -> Option<Resources> {
    let member = |of: fn(&Resources) -> Option<i64>| -> Option<Option<i64>> {
        let all: Option<Vec<_>> = parts.iter().map(|(role, one)| Some((*role, of(one)?))).collect();
        let Some(all) = all else { return Some(None) };
        let sum = at_once(&all)?.max(of(&whole).unwrap_or(0));
        Some(Some(sum.checked_add(of(&overhead).unwrap_or(0))?))
    };
    // Who does not ask for a device gets none: no reason to say nothing of those who do.
    let devices: Vec<_> = parts.iter().map(|(role, one)| (*role, one.gpu.unwrap_or(0))).collect();
    let stated = parts.iter().any(|(_, one)| one.gpu.is_some());
    let gpu = at_once(&devices)?;
    Some(Resources {
        cpu: member(|one| one.cpu)?,
        memory: member(|one| one.memory)?,
        gpu: stated.then_some(gpu),
    })
}

/// The most that is in use at one time: an init container runs beside the sidecars before it only,
/// the main containers beside all sidecars.
fn at_once(parts: &[(Role, i64)]) -> Option<i64> {
    let (mut sidecars, mut main, mut most) = (0_i64, 0_i64, 0_i64);
    for (role, amount) in parts {
        match role {
            Role::Init => most = most.max(sidecars.checked_add(*amount)?),
            Role::Sidecar => {
                sidecars = sidecars.checked_add(*amount)?;
                most = most.max(sidecars);
            }
            Role::Main | Role::Ephemeral => main = main.checked_add(*amount)?,
        }
    }
    Some(most.max(main.checked_add(sidecars)?))
}
