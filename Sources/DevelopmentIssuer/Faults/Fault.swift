/// Something that goes wrong on purpose: what, with which requests, and how often.
///
/// As text it is a word, `=` and a value where it has one, and then any of `@N`, `%P` and `:KIND`, such as
/// `status=503,retry-after=2@3:renew`.
public struct Fault: Hashable, Sendable {
    public enum Effect: Hashable, Sendable {
        /// The work is done, and the answer comes so much later.
        case latency(Duration)
        /// An error instead of the work, with `Retry-After` in seconds where it is given.
        case status(Int, retryAfter: Int?)
        /// The connection is closed without an answer, once the work is done: a refresh token is redeemed.
        case drop
        /// The connection is closed without an answer, and nothing is done.
        case dropRequest
        /// The work is done, and the connection is closed in the middle of the answer's body.
        case truncate
        /// The work is done, and the answer's body is no JSON.
        case garbage
        /// The refresh token is refused for good. It stays as good as it is.
        case refuse
        /// The issuer's clock is ahead by so much, or behind where it is negative.
        case skew(Duration)
        /// A success does not say how long the access token lives.
        case noExpiry
        /// A success has no refresh token in it. On a renewal the old one goes on to work.
        case noRefreshToken
        /// Numbers and truth values are written as strings.
        case stringNumbers
    }

    public var effect: Effect

    /// Which requests it concerns. `nil`: all but those to `/development/`.
    public var kind: RequestKind?

    /// For how many more requests it lasts. `nil`: until it is cleared.
    public var remaining: Int?

    /// How many of a hundred such requests it hits, from 0 to 100.
    public var percent: Double

    public init(_ effect: Effect, kind: RequestKind? = nil, remaining: Int? = nil, percent: Double = 100) {
        self.effect = effect
        self.kind = kind
        self.remaining = remaining
        self.percent = percent
    }

    func concerns(_ request: RequestKind) -> Bool {
        (kind == nil || kind == request) && effect.concerns(request)
    }
}

extension Fault.Effect {
    /// Whether it can show in the answer to such a request at all.
    func concerns(_ request: RequestKind) -> Bool {
        switch self {
        case .refuse: request == .renew
        case .noExpiry, .noRefreshToken: request == .generate || request == .renew
        case .stringNumbers: request != .api
        case .latency, .status, .drop, .dropRequest, .truncate, .garbage, .skew: true
        }
    }
}
