//! What the link carries by itself: writes without response that the door takes and drops.

use core::time::Duration;
use std::time::Instant;

use thumbturn_phone::link::{LinkError, WriteKind};

use super::case::Deviation;
use super::subject::Subject;

/// A whole message of a type that nobody knows: dropped in silence (§4.3).
const UNKNOWN: u8 = 0xff;
/// How long to write: well below the life of the hello behind which a connection is kept (§4.5).
const SPAN: Duration = Duration::from_millis(1_800);
/// How many bytes at most: a stack takes more than its air carries, and the question behind them has to arrive before the hello dies.
/// At 20 kB a second these take 2.4 s.
const MOST: u32 = 48 * 1_024;
/// Until a full queue is tried again.
const PAUSE: Duration = Duration::from_millis(2);

impl Subject {
    /// Bytes a second of bare writes without response, from the first write until a question behind them all is answered.
    pub(crate) async fn raw_bytes_per_second(&self) -> Result<f64, Deviation> {
        let (mut talk, _) = self.greet().await?;
        talk.raise_mtu().await?;
        let frame = vec![UNKNOWN; talk.mtu().frame_capacity()];
        let (begun, mut bytes) = (Instant::now(), 0_u32);
        while begun.elapsed() < SPAN && bytes < MOST {
            match talk.try_write(&frame, WriteKind::WithoutResponse).await {
                Ok(()) => bytes = bytes.saturating_add(u32::try_from(frame.len()).unwrap_or(u32::MAX)),
                Err(LinkError::NotWritable) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error.into()),
            }
        }
        // Attributes keep their order: when the door answers this, it has taken all before it.
        talk.renew().await?;
        let seconds = begun.elapsed().as_secs_f64();
        self.clear().await;
        Ok(f64::from(bytes) / seconds)
    }
}
