/// Everything that goes wrong with one request.
struct Blow: Sendable {
    /// How the answer travels.
    enum Delivery: Sendable {
        case whole
        /// The connection is closed in the middle of the body.
        case cut
        /// The connection is closed before the answer begins.
        case none
    }

    private(set) var count = 0
    private(set) var latency = Duration.zero
    private(set) var skew = Duration.zero
    private(set) var delivery = Delivery.whole

    /// What is answered instead of doing the work.
    private(set) var refusal: IssuerAnswer?

    /// Whether nothing is to be done at all.
    private(set) var isUnheard = false
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
            isUnheard = true
        case .truncate: if delivery == .whole { delivery = .cut }
        case .garbage: isGarbled = true
        case .refuse: isRefused = true
        case .noExpiry: style.hasExpiry = false
        case .noRefreshToken: style.hasRefreshToken = false
        case .stringNumbers: style.writesNumbersAsStrings = true
        }
    }
}
