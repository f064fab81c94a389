/// An injected fault: its effect, the requests it applies to, and how often it occurs.
///
/// Written as the effect, optionally followed by `@N` (requests), `%P` (percent) and `:KIND`:
/// `status=503,retry-after=2@3:renew`.
public struct Fault: Hashable, Sendable {
    public enum Effect: Hashable, Sendable {
        /// Performs the request, then delays the response.
        case latency(Duration)
        /// Responds with an error instead of performing the request. `retryAfter` is in seconds.
        case status(Int, retryAfter: Int?)
        /// Performs the request (a refresh token is redeemed), then closes the connection without a response.
        case drop
        /// Closes the connection without performing the request.
        case dropRequest
        /// Performs the request, then closes the connection halfway through the response body.
        case truncate
        /// Performs the request, then replaces the response body with something that isn't JSON.
        case garbage
        /// Refuses the refresh token with `invalid_grant`, but keeps it valid.
        case refuse
        /// Sets the issuer's clock ahead, or behind if negative.
        case skew(Duration)
        /// Leaves out `expires_in`.
        case noExpiry
        /// Leaves out `refresh_token`. After a renewal the old one stays valid.
        case noRefreshToken
        /// Writes numbers and booleans as strings.
        case stringNumbers
    }

    public var effect: Effect

    /// The requests it applies to. `nil`: all except those to `/development/`.
    public var kind: RequestKind?

    /// How many more requests it applies to. `nil`: no limit.
    public var remaining: Int?

    /// The share of matching requests it applies to, from 0 to 100.
    public var percent: Double

    public init(_ effect: Effect, kind: RequestKind? = nil, remaining: Int? = nil, percent: Double = 100) {
        self.effect = effect
        self.kind = kind
        self.remaining = remaining
        self.percent = percent
    }

    func applies(to request: RequestKind) -> Bool {
        (kind == nil || kind == request) && effect.applies(to: request)
    }
}

extension Fault.Effect {
    /// Whether the effect can occur in response to such a request.
    func applies(to request: RequestKind) -> Bool {
        switch self {
        case .refuse: request == .renew
        case .noExpiry, .noRefreshToken: request == .generate || request == .renew
        case .stringNumbers: request != .api
        case .latency, .status, .drop, .dropRequest, .truncate, .garbage, .skew: true
        }
    }
}

/// The kinds of requests that faults can apply to. The raw values are used in the text form of ``Fault``.
public enum RequestKind: String, Hashable, Sendable, CaseIterable {
    /// A new visitor, at the token endpoint.
    case generate
    /// A renewal, at the token endpoint.
    case renew
    /// Token info.
    case info
    /// A request to one of the site's APIs, which is echoed back.
    case api

    /// `nil`: faults don't apply to this request.
    init?(_ request: IssuerRequest, _ fields: RequestFields?) {
        switch request.path {
        case "/oauth2/token": self = fields?["grantType"] == "refresh_token" ? .renew : .generate
        case "/oauth2/token-info": self = .info
        default:
            guard request.isForAPI else { return nil }
            self = .api
        }
    }
}

extension IssuerRequest {
    /// Whether it goes to one of the site's APIs, and not to the issuer.
    var isForAPI: Bool {
        path.hasPrefix("/api/")
            || headers["authorization"] != nil && !path.hasPrefix("/oauth2/") && !path.hasPrefix("/development/")
    }
}

/// The combined faults of one request.
struct InjectedFaults: Sendable {
    private(set) var latency = Duration.zero
    private(set) var skew = Duration.zero
    private(set) var delivery = ResponsePlan.Delivery.whole

    /// The response to send instead of performing the request.
    private(set) var refusal: IssuerResponse?

    /// Whether the request is dropped instead of performed.
    private(set) var dropsRequest = false
    private(set) var refusesToken = false
    private(set) var garblesBody = false
    private(set) var style = ResponseStyle()
    private(set) var isEmpty = true

    mutating func add(_ effect: Fault.Effect) {
        isEmpty = false
        switch effect {
        case .latency(let duration): latency += duration
        case .skew(let duration): skew += duration
        case .status(let code, let retryAfter):
            refusal = .failure(
                code, "Injected fault.",
                headers: retryAfter.map { ["Retry-After": String($0)] } ?? [:])
        case .drop: delivery = .none
        case .dropRequest:
            delivery = .none
            dropsRequest = true
        case .truncate: if delivery == .whole { delivery = .truncated }
        case .garbage: garblesBody = true
        case .refuse: refusesToken = true
        case .noExpiry: style.hasExpiry = false
        case .noRefreshToken: style.hasRefreshToken = false
        case .stringNumbers: style.writesNumbersAsStrings = true
        }
    }
}
