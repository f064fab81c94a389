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

/// What a request to the development issuer is for. The raw values are the words of ``Fault``.
public enum RequestKind: String, Hashable, Sendable, CaseIterable {
    /// A new visitor, at the token endpoint.
    case generate
    /// A renewal, at the token endpoint.
    case renew
    /// A question about a token.
    case info
    /// Anything that is sent with an access token.
    case api

    /// `nil`: a fault concerns no such request.
    init?(_ request: IssuerRequest, _ fields: RequestFields?) {
        switch request.path {
        case "/oauth2/token": self = fields?["grantType"] == "refresh_token" ? .renew : .generate
        case "/oauth2/token-info": self = .info
        case let path where path.hasPrefix("/api/"): self = .api
        default: return nil
        }
    }
}

/// The faults that are set, and which of them hit a request.
struct FaultPlan: Sendable {
    private(set) var faults: [Fault]

    init(_ faults: [Fault] = []) {
        self.faults = faults
    }

    /// What goes wrong with this request. A fault that has a number of requests to hit counts those that it hits.
    mutating func apply(_ request: RequestKind, _ random: inout any RandomNumberGenerator & Sendable) -> InjectedFaults
    {
        var injected = InjectedFaults()
        for index in faults.indices where faults[index].concerns(request) {
            guard .random(in: 0..<100, using: &random) < faults[index].percent else { continue }
            faults[index].remaining? -= 1
            injected.add(faults[index].effect)
        }
        faults.removeAll { $0.remaining == 0 }
        return injected
    }
}

/// Everything that goes wrong with one request.
struct InjectedFaults: Sendable {
    private(set) var count = 0
    private(set) var latency = Duration.zero
    private(set) var skew = Duration.zero
    private(set) var delivery = IssuerReply.Delivery.whole

    /// What is answered instead of doing the work.
    private(set) var refusal: IssuerAnswer?

    /// Whether nothing is to be done at all.
    private(set) var dropsRequest = false
    private(set) var isRefused = false
    private(set) var isGarbled = false
    private(set) var style = AnswerStyle()

    mutating func add(_ effect: Fault.Effect) {
        count += 1
        switch effect {
        case .latency(let duration): latency += duration
        case .skew(let duration): skew += duration
        case .status(let code, let retryAfter):
            refusal = .failure(
                code, "The development issuer was told to fail.",
                headers: retryAfter.map { ["Retry-After": String($0)] } ?? [:])
        case .drop: delivery = .none
        case .dropRequest:
            delivery = .none
            dropsRequest = true
        case .truncate: if delivery == .whole { delivery = .cut }
        case .garbage: isGarbled = true
        case .refuse: isRefused = true
        case .noExpiry: style.hasExpiry = false
        case .noRefreshToken: style.hasRefreshToken = false
        case .stringNumbers: style.writesNumbersAsStrings = true
        }
    }
}
