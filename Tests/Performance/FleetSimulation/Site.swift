import Foundation
import VisitorSessions
import VisitorSessionsTesting

/// The sessions of one site through a mass expiry. Times are seconds since the first token expired.
///
/// Renewals take no time, and the hosts are simulated as one: the store's leases and budget let one of them ask the issuer.
struct Site {
    struct Outage {
        let begin: Double
        let length: Double
        var end: Double { begin + length }
    }

    /// What happened.
    struct Result {
        /// The most requests to the issuer in any minute, those included that were not answered.
        var peakRequests = 0
        var requests = 0

        /// Visitors' requests: served at once with a token that still worked, after a renewal, or not then.
        var servedAtOnce = 0
        var servedByRenewal = 0
        var turnedAway = 0

        /// When the last session had a working token again that had none.
        var recovered = -Double.infinity
    }

    private static let begin = -1800.0
    private static let end = 3600.0
    private static let life = 4.0 * 3600

    /// How often a session's visitor comes, in seconds.
    private static let pauseOfVisitors = 1800.0
    private static let batch = 32

    private let policy = SessionPolicy()
    private let budget = RequestBudget(requestsPerMinute: 200)
    private let outage: Outage?
    private let start = Date(timeIntervalSince1970: 1_800_000_000)
    private var random: SplitMix

    /// In the order of their end at the last look. Those renewed since then are still at their old places.
    private var sessions: [VisitorSession]
    private var renewed: [Int] = []
    private var circuits: [Circuit]
    private var arrival: Date?
    private var sent: [Double] = []
    private var result = Result()

    init(_ number: Int, sessions count: Int, hosts: Int, outage: Outage?) {
        var random = SplitMix(state: UInt64(number))
        let start = start
        sessions = (0..<count).map { _ in
            let expiresAt = start + .seconds(random.share() * 60)
            let tokens = Tokens(
                accessToken: AccessToken(Secret(""), expiresAt: expiresAt), refreshToken: RefreshToken(Secret("")))
            let id = SessionID(random.uuid())
            var session = VisitorSession(
                id: id, clientID: "site", tokens: tokens, at: expiresAt - .seconds(Self.life))
            session.autoRenew = true
            return session
        }
        sessions.sort { $0.accessExpiry < $1.accessExpiry }
        self.random = random
        self.outage = outage
        circuits = Array(repeating: Circuit(policy: policy), count: hosts)
    }

    mutating func run() -> Result {
        var look = Self.begin
        var visit = Self.begin
        var due: ArraySlice<Int> = []
        var turn = Self.begin
        while min(look, visit) < Self.end {
            if visit < min(look, due.isEmpty ? .infinity : turn) {
                serve(at: visit)
                visit += -log(1 - random.share()) * Self.pauseOfVisitors / Double(sessions.count)
            } else if let place = due.popFirst() {
                _ = renew(place, at: turn, .background)
                turn += budget.interval.seconds + 0.001
                if due.isEmpty { look = turn }
            } else {
                putInOrder()
                let plan = RenewalPlan(
                    sessions, policy: policy, issuer: "issuer", interval: budget.interval, at: moment(look))
                due = plan.due.prefix(Self.batch)
                turn = max(look, nextAdmission(after: look))
                if due.isEmpty {
                    look = min(plan.next.map(seconds) ?? .infinity, look + 60)
                } else {
                    look = .infinity
                }
            }
        }
        return result
    }

    // MARK: The order of their end

    /// All tokens live equally long: those renewed since the last look end last, in the order of their renewals.
    private mutating func putInOrder() {
        guard !renewed.isEmpty else { return }
        let last = renewed.map { sessions[$0] }
        var isRenewed = Array(repeating: false, count: sessions.count)
        for place in renewed { isRenewed[place] = true }
        var end = 0
        for place in sessions.indices where !isRenewed[place] {
            if end != place { sessions.swapAt(end, place) }
            end += 1
        }
        sessions.replaceSubrange(end..., with: last)
        renewed = []
    }

    // MARK: What happens

    private mutating func serve(at time: Double) {
        let index = Int(random.next() % UInt64(sessions.count))
        let session = sessions[index]
        guard let windows = RenewalWindows(session, policy: policy), date(time) >= windows.waitFrom else {
            result.servedAtOnce += 1
            return
        }
        if renew(index, at: time, .foreground) {
            result.servedByRenewal += 1
        } else if windows.end > date(time) {
            // What still works is handed out where nothing better is to be had.
            result.servedAtOnce += 1
        } else {
            result.turnedAway += 1
        }
    }

    private mutating func renew(_ index: Int, at time: Double, _ tier: RequestBudget.Tier) -> Bool {
        if sessions[index].pauseEnd(at: date(time), policy: policy) != nil { return false }
        guard let host = circuits.indices.first(where: { circuits[$0].admit(at: instant(time)) == nil }) else {
            return false
        }
        guard case .granted(let next) = budget.decide(arrival: arrival, now: date(time), tier: tier) else {
            return false
        }
        arrival = next
        note(time)
        if let outage, time >= outage.begin, time < outage.end {
            circuits[host].failed(at: instant(time))
            sessions[index].failures += 1
            let jitter = random.share()
            let backoff = Backoff(policy: policy) { jitter }
            sessions[index].retryAt = date(time) + backoff.pause(after: sessions[index].failures)
            return false
        }
        circuits[host].answered()
        let hadEnded = sessions[index].accessExpiry.date.map { $0 <= date(time) } ?? false
        let tokens = Tokens(
            accessToken: AccessToken(Secret(""), expiresAt: date(time + Self.life)),
            refreshToken: RefreshToken(Secret("")))
        sessions[index].apply(tokens, at: date(time))
        sessions[index].renewedAt = date(time)
        sessions[index].renewalCount += 1
        // One renewed twice between two looks ends with its last renewal.
        renewed.removeAll { $0 == index }
        renewed.append(index)
        if hadEnded { result.recovered = max(result.recovered, time) }
        return true
    }

    /// Counts a request to the issuer.
    private mutating func note(_ time: Double) {
        result.requests += 1
        sent.append(time)
        if let first = sent.firstIndex(where: { $0 > time - 60 }) { sent.removeFirst(first) }
        result.peakRequests = max(result.peakRequests, sent.count)
    }

    /// When some host may ask the issuer.
    private func nextAdmission(after time: Double) -> Double {
        var earliest = Double.infinity
        for circuit in circuits {
            switch circuit.state {
            case .closed: return time
            case .open(let until), .halfOpen(let until): earliest = min(earliest, until.seconds + Self.begin)
            }
        }
        return earliest
    }

    // MARK: Clocks

    private func date(_ time: Double) -> Date { start + .seconds(time) }
    private func seconds(_ date: Date) -> Double { date.timeIntervalSince(start) }
    private func instant(_ time: Double) -> Duration { .seconds(time - Self.begin) }

    private func moment(_ time: Double) -> Moment {
        Moment(elapsed: instant(time), wall: date(time), now: date(time))
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}

extension SplitMix {
    /// From 0 to 1.
    mutating func share() -> Double {
        Double(next() >> 11) / Double(UInt64(1) << 53)
    }

    mutating func uuid() -> UUID {
        let (high, low) = (next(), next())
        var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &uuid) { bytes in
            bytes.storeBytes(of: high, as: UInt64.self)
            bytes.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
        }
        return UUID(uuid: uuid)
    }
}
