//! The two radios behind the phone core's `Link`: the machine's Bluetooth adapter, and the virtual radio.

pub(crate) mod bluetooth;
pub(crate) mod saboteur;
pub(crate) mod timeline;
pub(crate) mod trouble;
mod virtual_radio;

use core::net::SocketAddr;
use core::str::FromStr;
use std::sync::Arc;

use thumbturn_phone::link::Link;
use thumbturn_virtual_phones::{Observer, Pipe, VirtualRadio};

use self::bluetooth::Adapter;
use self::timeline::Timeline;
use crate::failure::Failure;

/// Which radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RadioChoice {
    /// The machine's Bluetooth adapter.
    Bluetooth,
    /// A door behind a byte pipe.
    Virtual(SocketAddr),
}

impl FromStr for RadioChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "bluetooth" {
            return Ok(Self::Bluetooth);
        }
        let address = text.parse().map_err(|_| "say `bluetooth`, or an address like 127.0.0.1:7311")?;
        Ok(Self::Virtual(address))
    }
}

/// How the radio is to be used.
#[derive(Clone, Debug)]
pub(crate) struct RadioSettings {
    /// Which.
    pub(crate) choice: RadioChoice,
    /// The adapter's name, for example `hci0`; `None`: the first.
    pub(crate) adapter: Option<String>,
    /// The ATT MTU that phones ask for on the virtual radio, 23 to 517. Bluetooth stacks decide by themselves.
    pub(crate) mtu: u16,
}

/// The air between the phones of this program and its doors.
pub(crate) enum Air {
    /// The machine's Bluetooth adapter.
    Bluetooth(Arc<Adapter>),
    /// A byte pipe.
    Virtual(Arc<Pipe>),
}

/// What one phone has of the air.
pub(crate) struct PhoneRadio {
    /// The phone core's radio.
    pub(crate) link: Arc<dyn Link>,
    /// When what happened on it.
    pub(crate) timeline: Arc<Timeline>,
}

impl Air {
    /// Opens the radio.
    pub(crate) async fn open(settings: &RadioSettings) -> Result<Self, Failure> {
        match &settings.choice {
            RadioChoice::Bluetooth => {
                Ok(Self::Bluetooth(Adapter::open(settings.adapter.as_deref()).await.map_err(Failure::from)?))
            }
            RadioChoice::Virtual(address) => Ok(Self::Virtual(
                virtual_radio::connect(*address, settings.mtu).await.map_err(Failure::from)?,
            )),
        }
    }

    /// Another phone on it.
    pub(crate) fn phone(&self) -> PhoneRadio {
        let timeline = Arc::new(Timeline::new());
        let link: Arc<dyn Link> = match self {
            Self::Bluetooth(adapter) => {
                Arc::new(bluetooth::Central::new(Arc::clone(adapter), Arc::clone(&timeline)))
            }
            Self::Virtual(pipe) => {
                let observer: Arc<dyn Observer> = Arc::<Timeline>::clone(&timeline);
                Arc::new(VirtualRadio::new(Arc::clone(pipe), observer))
            }
        };
        PhoneRadio { link, timeline }
    }

    /// Whether several phones can be connected to one door at once. Bluetooth stacks keep one connection to a device.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// How reports call it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Bluetooth(_) => "bluetooth",
            Self::Virtual(_) => "virtual radio",
        }
    }
}
