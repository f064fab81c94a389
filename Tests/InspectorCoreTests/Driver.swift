import Foundation
import InspectorCore
import VisitorSessions

/// Simulates the environment of an inspector: answers its requests from a list of sessions, and records its actions.
struct Driver {
    var model: Model
    var sessions: [OpenedSession]
    /// How running applications use sessions, and their requests, newest first.
    var live: [SessionID: LiveSession] = [:]
    var requests: [SessionID: [LiveRequest]] = [:]
    private(set) var performed: [SessionAction] = []

    /// The job of each action.
    private(set) var jobs: [Int] = []
    private(set) var copied: [(form: CopyFormat, sessions: [VisitorSession])] = []
    private(set) var other: [Effect] = []
    private(set) var hasQuit = false
    private(set) var hasRung = false

    /// The positions that it wants counted.
    private(set) var ranks: [RankRequest] = []

    /// How often it counted the sessions.
    private(set) var counts = 0
    private(set) var loads: [ListRequest] = []

    /// Whether lists are answered at once, or by ``answerLoads()``.
    var answersLoads = true
    private var waitingLoads: [ListRequest] = []

    /// What the store says of substitutions.
    var substitutions: [Substitution] = []

    /// The origins of remembered places.
    var pages: [String] = []

    /// What the journal says an earlier inspector did.
    var lastChange: LastChange?

    /// How many rows a window has. By default all.
    var windowLimit = Int.max

    /// Whether pasted text is read at once, or by ``answerReadings()``.
    var answersReadings = true
    private var readings: [(text: Secret, target: SessionID?, serial: Int)] = []

    /// The error of an unavailable store, or `nil`.
    var storeError: StoreError?

    /// When the issuer's budget is free again.
    var budgetUsedUntil: Date?

    init(
        _ sessions: [OpenedSession] = Fixtures.sessions, width: Int = 80, height: Int = 24, isReadOnly: Bool = false,
        keymap: Keymap = .standard, policy: SessionPolicy = SessionPolicy(), bell: Set<SessionState> = [],
        probes: [String] = [], namedIssuer: NamedIssuer? = nil
    ) {
        self.sessions = sessions
        var options = InspectorOptions(
            profile: "demo", store: "memory", issuer: "127.0.0.1", isReadOnly: isReadOnly, namedIssuer: namedIssuer,
            policy: policy, keymap: keymap, timeZone: .gmt, bell: bell)
        options.probes = probes
        model = Model(
            options, size: Size(width: width, height: height), now: Fixtures.now)
        run(model.start())
    }

    var screen: String { InspectorView.frame(model).text }

    var rows: [String] { screen.components(separatedBy: "\n") }

    mutating func press(_ keys: Key...) {
        for key in keys { send(.key(key)) }
    }

    mutating func type(_ text: String) {
        for character in text { send(.key(.character(character))) }
    }

    mutating func send(_ message: Message) {
        run(update(&model, message))
    }

    /// Completes the last action.
    mutating func end(
        _ result: Result<VisitorSession, SessionError>, previous: OpenedSession? = nil, at place: Int? = nil
    ) {
        let place = place ?? performed.count - 1
        send(.finished(Outcome(performed[place], of: jobs[place], result, previous: previous)))
    }

    mutating func answerLoads() {
        let waiting = waitingLoads
        waitingLoads = []
        for request in waiting { send(storeError.map { .storeFailed($0) } ?? .loaded(answer(request))) }
    }

    mutating func answerReadings() {
        let waiting = readings
        readings = []
        for (text, target, serial) in waiting { send(.read(reading(of: text, for: target), serial: serial)) }
    }

    private mutating func run(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .load(let request):
                loads.append(request)
                waitingLoads.append(request)
                if answersLoads { answerLoads() }
            case .count(let instant):
                counts += 1
                send(storeError.map { .storeFailed($0) } ?? .counted(counts(at: instant), at: instant))
            case .findApplications(let target):
                let used = sessions.map(\.session).filter { live[$0.id]?.isLive == true }
                send(.applications(used, for: target))
            case .findPages(let session): send(.pages(pages, for: session))
            case .findLastChange: send(.lastChange(lastChange))
            case .rank(let request): ranks.append(request)
            case .open(let id, let withRequests):
                guard let opened = sessions.first(where: { $0.session.id == id }) else { continue }
                var details = details(of: opened)
                details.live = live[id]
                if withRequests { details.requests = requests[id] ?? [] }
                send(.opened(details))
            case .read(let text, let target, let serial):
                readings.append((text, target, serial))
                if answersReadings { answerReadings() }
            case .perform(let action, let job):
                performed.append(action)
                jobs.append(job)
            case .page(let request): send(.paged(job: request.job, .success(page(request))))
            case .reveal(let id):
                guard let opened = sessions.first(where: { $0.session.id == id }) else { continue }
                send(.revealed(id, opened.tokens))
            case .writePair: send(.pairWritten(Secret("the pair")))
            case .copy(let form, let sessions, _): copied.append((form, sessions))
            case .quit: hasQuit = true
            case .bell: hasRung = true
            case .checkIssuer, .saveClientID, .offer, .requestTokenInfo, .probe, .edit, .mouse, .redraw, .theme,
                .suspend, .findHolder,
                .finishRequests, .openBrowser:
                other.append(effect)
            }
        }
    }

    private func answer(_ request: ListRequest) -> LoadedList {
        var rows = sessions.map(\.session).filter {
            request.filter.matches($0, in: $0.state(at: model.now, policy: model.policy))
        }
        rows.sort { left, right in
            let (left, right) = (left.position(by: request.sort.key), right.position(by: request.sort.key))
            return request.sort.descending ? left > right : left < right
        }
        let anchorRow =
            switch request.anchor {
            case .first: 0
            case .last: max(rows.count - 1, 0)
            case .session(let id, let lastSeen):
                rows.firstIndex { $0.id == id }
                    ?? rows.firstIndex { $0.position(by: request.sort.key) >= lastSeen } ?? rows.count
            }
        guard rows.count > windowLimit else {
            return LoadedList(
                answering: request, rows: rows, anchorRow: anchorRow, isAtStart: true, isAtEnd: true, live: live,
                substitutions: substitutions)
        }
        let start = min(max(anchorRow - windowLimit / 2, 0), rows.count - windowLimit)
        return LoadedList(
            answering: request, rows: Array(rows[start..<start + windowLimit]), anchorRow: anchorRow - start,
            isAtStart: start == 0, isAtEnd: start + windowLimit == rows.count, live: live,
            substitutions: substitutions)
    }

    private func page(_ request: PageRequest) -> [VisitorSession] {
        let rows = sessions.map(\.session).filter {
            request.filter.matches($0, in: $0.state(at: model.now, policy: model.policy))
        }.sorted { $0.position(by: request.sort.key) < $1.position(by: request.sort.key) }
        let rest = rows.drop { row in request.after.map { row.position(by: request.sort.key) < $0 } ?? false }
        return Array(rest.prefix(request.limit))
    }

    private func counts(at now: Date) -> SessionCounts {
        let all = sessions.map(\.session)
        let states = Dictionary(grouping: all) { $0.state(at: now, policy: model.policy) }.mapValues(\.count)
        let expiries = all.filter { $0.damage == nil }.compactMap(\.accessExpiry.date).filter { $0 > now }
        var counts = SessionCounts(
            states: states, nextExpiry: expiries.min(),
            nextChange: all.compactMap { $0.nextStateChange(after: now, policy: model.policy) }.min(),
            budgetUsedUntil: budgetUsedUntil)
        counts.expiries.counts = Dictionary(expiries.map { (ExpiryHistogram.step(of: $0), 1) }, uniquingKeysWith: +)
        counts.predict(all, after: now, until: now + .seconds(60), policy: model.policy)
        return counts
    }

    private func details(of opened: OpenedSession) -> SessionDetails {
        SessionDetails(
            session: opened.session,
            access: TokenDescription(
                format: "Wix access token", length: 412,
                claims: [
                    .init(path: ["header", "alg"], value: .text("HS256")),
                    .init(path: ["iat"], value: .time(Fixtures.now - .seconds(150))),
                    .init(path: ["data", "instance", "aid"], value: .text("7c9e01a1-1111-4111-8111-111111111111")),
                    .init(path: ["data", "demoMode"], value: .text("false"), isLiteral: true),
                ]),
            refresh: TokenDescription(format: "opaque", length: 40, claims: []),
            history: [
                JournalEntry(
                    position: 1, at: Fixtures.now - .seconds(150), session: opened.session.id,
                    draft: .init(.renewed, actor: "server 7", requestID: "r-1"))
            ])
    }

    /// Reads “good”, “same” (the session's own), “half” (an access token alone), “discarded” (those of a discarded session) and “taken” (those of
    /// the last session).
    private func reading(of text: Secret, for target: SessionID?) -> Result<[TokenPreview], UnreadableTokensNotice> {
        var preview = TokenPreview(
            tokens: Fixtures.tokens(99, access: 3000), shape: "SDK tokens", clientID: nil, expiryUnit: "seconds")
        switch text.reveal() {
        case "good": break
        case "same":
            preview.tokens = sessions.first { $0.session.id == target }?.tokens ?? Tokens()
            preview.changes = []
            preview.isUnchanged = true
        case "half":
            preview.tokens.refreshToken = nil
            guard let target else { break }
            preview.warning = "This has no refresh token. The session would lose its own."
            preview.replacing = sessions.first { $0.session.id == target }?.tokens
        case "discarded":
            preview.notes = ["refreshToken holds a placeholder instead of a token."]
            preview.discardedHolder = sessions.last?.session
        case "two":
            var other = preview
            other.tokens = Fixtures.tokens(98, access: 600)
            (preview.summary, other.summary) = ("SDK tokens on line 1", "SDK tokens on line 2")
            return .success([preview, other])
        case "taken": preview.holders = sessions.suffix(1).map(\.session)
        case "word":
            let anyway = ["as an access token", "as a refresh token"].map { name in
                var tokens = Tokens()
                if name.contains("access") {
                    tokens.accessToken = AccessToken(text, expiresAt: nil)
                } else {
                    tokens.refreshToken = RefreshToken(text)
                }
                var preview = TokenPreview(tokens: tokens, shape: name)
                preview.warning = InspectorTexts.setAnywayCost
                return preview
            }
            return .failure(UnreadableTokensNotice("This text contains no tokens.", anyway: anyway))
        default: return .failure(UnreadableTokensNotice("This text contains no tokens."))
        }
        return .success([preview])
    }
}
