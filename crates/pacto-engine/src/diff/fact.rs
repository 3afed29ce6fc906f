//! Facts: what differs, without an opinion.

use pacto_contract::Location;

use super::change::Direction;
use super::documents::Located;
use super::rules::{FactRule, ProtoLevel, ProtoRule, fact_rule};

mod keyword;

pub use keyword::{Access, Bound, Choice, Keyword, Presence};

/// A difference that a comparator saw.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub kind: Kind,
    pub area: Area,
    pub direction: Option<Direction>,
    /// What it is about, as the start of a sentence: `query parameter 'limit'`, `property 'a.b'`.
    pub subject: String,
    /// Shown values.
    pub old: Option<String>,
    pub new: Option<String>,
    pub old_at: Option<Location>,
    pub new_at: Option<Location>,
    /// The fact is about a value below the root of its schema.
    pub nested: bool,
    /// It is about a property that only flows the other way, so that nobody notices here.
    pub is_unseen: bool,
    /// What is proven about the whole schema, where somebody asked and it concerns this fact.
    pub verdict: Option<Verdict>,
}

impl Fact {
    /// A fact without values and places.
    pub fn new(kind: Kind, area: Area, direction: Option<Direction>, subject: String) -> Self {
        Self {
            kind,
            area,
            direction,
            subject,
            old: None,
            new: None,
            old_at: None,
            new_at: None,
            nested: false,
            is_unseen: false,
            verdict: None,
        }
    }

    /// Says where it was and where it is.
    #[must_use]
    pub fn between(mut self, old: Located<'_>, new: Located<'_>) -> Self {
        self.old_at = Some(old.location());
        self.new_at = Some(new.location());
        self
    }

    /// Says what it was and what it is.
    #[must_use]
    pub fn with(mut self, old: Option<&str>, new: Option<&str>) -> Self {
        self.old = old.map(str::to_owned);
        self.new = new.map(str::to_owned);
        self
    }

    /// The row of the table that it falls under.
    pub fn rule(&self) -> FactRule {
        let rule = fact_rule(
            self.kind,
            self.area,
            self.direction,
            self.nested,
            self.old.is_some(),
            self.new.is_some(),
        );
        if self.is_unseen { rule.unseen(self.direction) } else { rule }
    }
}

/// What is proven about the documents that two schemas accept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// Every document that has to be accepted still is: whatever differs, nobody notices.
    Kept,
    /// This document has to be accepted and is not any more.
    Broken(serde_json::Value),
    /// The same, by a choice between objects, of which many validators take the first that fits.
    Doubted(serde_json::Value),
}

/// Where a fact belongs; part of the rule id, because the same change matters differently in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The contract itself.
    Contract,
    /// All operations of a document.
    Document,
    /// An operation as a whole.
    Operation,
    /// A parameter of a request.
    Parameter,
    /// The body of a request.
    RequestBody,
    /// The body of a response.
    ResponseBody,
    /// A header of a response.
    ResponseHeader,
    /// Configuration that a service requires.
    Configuration,
    /// Configuration that a platform offers.
    OfferedConfiguration,
    /// A policy that contracts must satisfy.
    Policy,
    /// A channel of events, and what is done on it.
    Channel,
    /// A message that the service sends.
    SentMessage,
    /// A message that the service receives.
    ReceivedMessage,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A parameter that a request need not have.
    ParameterAddedOptional,
    /// A parameter that a request must have.
    ParameterAddedRequired,
    /// A part of the path is a parameter now.
    PathParameterAdded,
    /// A parameter of all operations of a path that a request need not have.
    PathWideParameterAddedOptional,
    /// A parameter of all operations of a path that a request must have.
    PathWideParameterAddedRequired,
    /// A parameter is gone.
    ParameterRemoved,
    /// It was announced that a parameter goes, and it is gone before the day.
    ParameterRemovedBeforeSunset,
    /// It was announced that a parameter goes, and it is gone.
    ParameterRemovedWithDeprecation,
    /// A property of an object in a header is limited to a list of values.
    HeaderPropertyBecameEnum,
    /// A property of an object in a header is new and must be there.
    HeaderPropertyAddedRequired,
    /// A property of an object in a header must be there now.
    HeaderPropertyBecameRequired,
    /// A parameter must be there now.
    ParameterBecameRequired,
    /// A parameter need not be there any more.
    ParameterBecameOptional,
    /// `style`, `explode`, `allowReserved` or `allowEmptyValue`.
    ParameterSerialization,
    /// A parameter may be there without a value.
    EmptyValueAllowed,
    /// A parameter may not be there without a value any more.
    EmptyValueForbidden,
    /// A request may have a body.
    BodyAddedOptional,
    /// A request must have a body.
    BodyAddedRequired,
    /// A request has no body any more.
    BodyRemoved,
    /// A body must be there now.
    BodyBecameRequired,
    /// A body need not be there any more.
    BodyBecameOptional,
    /// One more media type.
    MediaTypeAdded,
    /// A media type is gone.
    MediaTypeRemoved,
    /// A success status is new.
    SuccessStatusAdded,
    /// A success status is gone.
    SuccessStatusRemoved,
    /// Another status is new.
    OtherStatusAdded,
    /// Another status is gone.
    OtherStatusRemoved,
    /// A header is new.
    HeaderAdded,
    /// A header that was always there is gone.
    RequiredHeaderRemoved,
    /// A header that was sometimes there is gone.
    OptionalHeaderRemoved,
    /// A header is always there now.
    HeaderBecameRequired,
    /// A header may be missing now.
    HeaderBecameOptional,
    /// `style` or `explode` of a header whose value has parts.
    HeaderSerialization,
    /// A parameter of the path has another name; requests look the same.
    PathParameterRenamed,
    /// `operationId` differs.
    OperationId,
    /// An operation got an `operationId`.
    OperationIdAdded,
    /// An operation lost its `operationId`.
    OperationIdRemoved,
    /// An operation is in one more group.
    TagAdded,
    /// An operation is in a group no more.
    TagRemoved,
    /// It was announced that it goes, and it is gone before the day.
    RemovedBeforeSunset,
    /// It was announced that it goes, and it is gone.
    RemovedWithDeprecation,
    /// A path whose operations were all announced to go is gone before the day.
    PathRemovedBeforeSunset,
    /// A path whose operations were all announced to go is gone.
    PathRemovedWithDeprecation,
    /// It is announced that it goes, with the day.
    DeprecatedWithSunset,
    /// The day on which it goes is earlier.
    SunsetEarlier,
    /// The day on which it goes is later.
    SunsetLater,
    /// The day on which it goes is not said any more.
    SunsetDeleted,
    /// The day on which it goes is no day.
    SunsetUnreadable,
    /// The day on which it goes is over when it is first said.
    SunsetOver,
    /// It promises less to stay as it is.
    StabilityDecreased,
    /// It promises more to stay as it is.
    StabilityIncreased,
    /// What it promises has no known word.
    StabilityUnknown,
    /// One more request that the service sends.
    WebhookAdded,
    /// A request that the service sent is not sent any more.
    WebhookRemoved,
    /// One more request that the service sends in the course of an operation.
    CallbackAdded,
    /// A request that the service sent in the course of an operation is not sent any more.
    CallbackRemoved,

    /// Something about security differs that is not analysed.
    Security,
    /// One more way to be let in.
    SecurityAdded,
    /// A way to be let in is gone.
    SecurityRemoved,
    /// Who was let in is not any more.
    SecurityTightened,
    /// A scope is asked for.
    SecurityScopeAdded,
    /// A scope is not asked for any more.
    SecurityScopeRemoved,
    /// A security scheme is new.
    SecuritySchemeAdded,
    /// A security scheme is gone.
    SecuritySchemeRemoved,
    /// A security scheme has another type.
    SecuritySchemeTypeChanged,
    /// Credentials are sent in another way.
    SecuritySchemeChanged,
    /// People are asked to let a client in at another address.
    SecurityUrlChanged,
    /// Tokens are given out at another address.
    SecurityTokenUrlChanged,
    /// One more way to get a token.
    SecurityFlowAdded,
    /// A way to get a token is gone.
    SecurityFlowRemoved,
    /// A scope can be asked for.
    SecurityScopeDefined,
    /// A scope can not be asked for any more.
    SecurityScopeDropped,
    /// Servers differ.
    Servers,
    /// Something is marked as deprecated.
    Deprecated,
    /// The mark is gone.
    Undeprecated,
    /// An `x-` key differs.
    Extension,
    /// Only descriptions, titles, examples differ.
    Annotation,
    /// Something else differs.
    Other,
    /// One more server.
    ServerAdded,
    /// The document is written in another version of its format.
    SpecificationVersion,
    /// One more message.
    MessageAdded,
    /// A message is gone.
    MessageRemoved,
    /// A message is written in another format.
    ContentType,
    /// What a protocol is told about a channel or a message.
    Bindings,
    /// A body has a schema where there was none.
    MediaTypeSchemaAdded,
    /// A body has no schema any more.
    MediaTypeSchemaRemoved,
    /// More types are allowed.
    TypeWidened,
    /// A list of types has more of them.
    TypesWidened,
    /// A list of types has fewer of them.
    TypesNarrowed,
    /// Fewer types are allowed.
    TypeNarrowed,
    /// Other types are allowed.
    TypeChanged,
    /// `null` is allowed.
    BecameNullable,
    /// `null` is not allowed any more.
    BecameNotNullable,
    /// One more value in a closed list.
    EnumValueAdded,
    /// A value of a closed list is gone.
    EnumValueRemoved,
    /// One value only, where there was no list.
    ConstAdded,
    /// Not only one value any more, and no list.
    ConstRemoved,
    /// Another only value.
    ConstChanged,
    /// A value of a list that readers know to grow is gone.
    ExtensibleEnumValueRemoved,
    /// A closed list where there was none.
    BecameEnum,
    /// The closed list is gone.
    EnumDropped,
    /// A bound excludes more than before.
    BoundTightened(Bound),
    /// A bound excludes less than before.
    BoundLoosened(Bound),
    /// A pattern where there was none.
    PatternAdded,
    /// The pattern is gone.
    PatternRemoved,
    /// Another pattern.
    PatternChanged,
    /// Another pattern, which matches everything.
    PatternGeneralized,
    /// Another `format`.
    FormatChanged,
    /// A `format` of numbers with more of them.
    FormatWidened,
    /// A `format` of numbers with fewer of them.
    FormatNarrowed,
    /// Fewer multiples are allowed, or other ones.
    MultipleOfTightened,
    /// More multiples are allowed.
    MultipleOfLoosened,
    /// Elements must be unique now.
    UniqueItemsAdded,
    /// Elements need not be unique any more.
    UniqueItemsRemoved,
    /// A property that may be missing is new.
    PropertyAddedOptional,
    /// A property that must be there is new.
    PropertyAddedRequired,
    /// A property that must be there and has a default is new.
    PropertyAddedRequiredWithDefault,
    /// A property is new in an object that allowed no others.
    PropertyAddedToClosed,
    /// A property that was always there is gone.
    RequiredPropertyRemoved,
    /// A property that could be missing is gone.
    OptionalPropertyRemoved,
    /// A property is gone from an object that allows no others.
    PropertyRemovedFromClosed,
    /// A property must be there now.
    PropertyBecameRequired,
    /// A property must be there now and has a default.
    PropertyBecameRequiredWithDefault,
    /// A property may be missing now.
    PropertyBecameOptional,
    /// Unknown properties are not allowed any more.
    ObjectClosed,
    /// Unknown properties are allowed.
    ObjectOpened,
    /// One more alternative.
    AlternativeAdded(Choice),
    /// An alternative is gone.
    AlternativeRemoved(Choice),
    /// Alternatives differ in a way that is not analysed.
    AlternativesChanged,
    /// There are alternatives in `oneOf` where there was one schema.
    WrappedInOneOf,
    /// One more part of `allOf`.
    PartAdded,
    /// A part of `allOf` is gone.
    PartRemoved,
    /// One more part of `allOf`, which holds words for people only.
    WordsAdded,
    /// A part of `allOf` is gone, which held words for people only.
    WordsRemoved,
    /// A default where there was none.
    DefaultAdded,
    /// The default is gone.
    DefaultRemoved,
    /// Another default.
    DefaultChanged,
    /// Who may send or see a value.
    Access(Access, Presence),
    /// A keyword that excludes something is new.
    KeywordAdded(Keyword),
    /// A keyword that excludes something is gone.
    KeywordRemoved(Keyword),
    /// A keyword says something else.
    KeywordModified(Keyword),
    /// Objects are told apart by another property.
    DiscriminatorProperty,
    /// One more name for a kind of object.
    DiscriminatorMappingAdded,
    /// A name for a kind of object is gone.
    DiscriminatorMappingRemoved,
    /// A name stands for another kind of object.
    DiscriminatorMappingChanged,
    /// A keyword that is not analysed differs.
    KeywordChanged,
    /// A `$ref` leads nowhere.
    Unresolved,
    /// A version constraint is written differently and admits the same versions.
    RangeRewritten,
    /// A version constraint admits more versions.
    RangeWidened,
    /// A version constraint admits fewer versions.
    RangeNarrowed,
    /// A version constraint admits other versions, some of them admitted before.
    RangeMoved,
    /// A version constraint admits no version that it admitted before.
    RangeDisjoint,
    /// Something in a `.proto` file, judged at a level.
    Protobuf(ProtoRule, ProtoLevel),
}
