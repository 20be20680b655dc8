//! The documents that are answered, as types: what the description of the API says about them, and how records of the
//! lake are turned into them. Segments, channels and cards are served as the training wrote them; a test holds these
//! types to what it writes.
mod budget;
mod business;
mod card;
mod customer;
mod upload;

pub use budget::ChannelCurve;
pub use business::{Channel, Channels, Segment, SegmentRule, Segments};
pub use card::ModelCard;
pub use customer::{ActiveDay, CustomerAnswer, StoredCustomer};
pub use upload::{Rows, UploadAnswer, UploadLine, UploadPage, UploadPart, UploadReading, UploadReport};

pub(crate) use business::ScoredAt;
