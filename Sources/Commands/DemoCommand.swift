import ArgumentParser
import DevelopmentIssuer
import Foundation
import InspectorCore
import InspectorTerminal
import Synchronization
import VisitorSessions
import WixHeadless

/// The inspector with its own issuer and store. Runs on the main thread.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Open the inspector with demo sessions; no account needed.",
        discussion: """
            Example: session-inspector demo --theme light

            Everything is kept in memory and lost when you quit.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var display: DisplayOptions

    func run() throws {
        try InspectorLoop.requireTerminal()
        let configuration = try Configuration.current(options)
        let (keymap, warnings) = Keymap.standard.changed(by: configuration.keys)
        let server = DevelopmentIssuerServer()
        let clock = DemoClock()
        let store = InMemorySessionStore { clock.now }
        let issuer: WixTokenIssuer
        do {
            let url = try IssuerURL("http://127.0.0.1:\(Blocking.run { try await server.start() })")
            issuer = WixTokenIssuer(url: url, transport: CurlTransport())
            try Blocking.run {
                try await DemoSessions(server: server, issuer: issuer.name, store: store, clock: clock).seed(at: Date())
            }
        } catch let error as DevelopmentIssuerError {
            throw Failure(.cannotCreate, error.description)
        }
        defer { Blocking.run { await server.stop() } }
        let manager = SessionManager(
            store: store, issuer: issuer, name: "demo \(ProcessInfo.processInfo.processIdentifier)")
        try Inspector(
            manager: manager, store: store, issuer: issuer, clientID: DevelopmentClient.id,
            options: InspectorOptions(
                profile: "demo", store: "memory", issuer: issuer.url.authority, issuerName: manager.issuerName,
                isReadOnly: options.readOnly,
                keymap: keymap, warnings: warnings, bell: configuration.bell),
            display: display.screenOptions(configured: configuration.theme)
        ).run()
    }
}

/// Sample sessions in every state, with real tokens from the demo's issuer.
struct DemoSessions: Sendable {
    let server: DevelopmentIssuerServer

    /// The issuer's name, as recorded in sessions.
    let issuer: String
    let store: InMemorySessionStore

    /// The store's clock.
    let clock: DemoClock

    private struct Plan: Sendable {
        var label: String
        /// The access token's remaining lifetime in seconds; negative if it has expired.
        var accessLeft: Double
        var renewals = 0
        var role = TokenRole.visitor
        var edit: @Sendable (inout VisitorSession, Date) -> Void = { _, _ in }
    }

    private static let plans: [Plan] = [
        Plan(label: "checkout bug", accessLeft: 761, renewals: 3),
        Plan(label: "cart on mobile", accessLeft: 42),
        Plan(label: "booking, two guests", accessLeft: 194, renewals: 1),
        Plan(label: "renewed automatically", accessLeft: 400, renewals: 5) { session, _ in session.autoRenew = true },
        Plan(label: "night import", accessLeft: -5000, renewals: 12),
        Plan(label: "购物车 · 日本語", accessLeft: 9320),
        Plan(label: "member with tickets", accessLeft: 13900, renewals: 2, role: .member),
        Plan(label: "load test 7", accessLeft: 11200),
        Plan(label: "load test 8", accessLeft: 11260),
        Plan(label: "yesterday's cart", accessLeft: -64000) { session, now in
            session.refusedAt = now - .seconds(49000)
        },
        Plan(label: "response lost in transit", accessLeft: -95) { session, now in
            session.sentAt = now - .seconds(80)
        },
        Plan(label: "being renewed elsewhere", accessLeft: 15) { session, now in
            session.sentAt = now
            session.lease = SessionLease(holder: "server-2 4711", deadline: now + .seconds(90))
        },
        Plan(label: "sealed with another key", accessLeft: 4100) { session, _ in
            session.damage = "its tokens are sealed with an unknown key"
        },
        Plan(label: "abandoned cart", accessLeft: 2000) { session, now in
            session.discardedAt = now - .seconds(600)
        },
    ]

    /// Stores the sessions with a history, as if they had been in use for a while.
    func seed(at now: Date) async throws {
        var sessions: [VisitorSession] = []
        var events: [(at: Date, session: Int, tokens: Tokens?, draft: JournalEntry.Draft)] = []
        func note(_ event: JournalEntry.Event, at date: Date?, outcome: String? = nil, tokens: Tokens? = nil) {
            guard let date, date < now else { return }
            events.append((date, sessions.count - 1, tokens, .init(event, actor: "demo", outcome: outcome)))
        }
        let lifetime = DevelopmentIssuerServer.Options().accessLifetime.inSeconds
        for plan in Self.plans {
            let issuedAt = now.addingTimeInterval(plan.accessLeft - lifetime)
            guard let clientID = UUID(uuidString: DevelopmentClient.id),
                let issued = await server.issue(to: clientID, at: issuedAt)
            else { continue }
            let tokens = Tokens(
                accessToken: .reading(Secret(issued.accessToken)),
                refreshToken: .reading(Secret(issued.refreshToken), role: plan.role))
            var session = VisitorSession(
                label: plan.label, clientID: DevelopmentClient.id, issuer: issuer, tokens: tokens,
                at: issuedAt - .seconds(lifetime * Double(plan.renewals)))
            session.tokensAt = issuedAt
            session.renewalCount = plan.renewals
            session.renewedAt = plan.renewals > 0 ? issuedAt : nil
            plan.edit(&session, now)
            if session.refusedAt != nil { await server.revoke(issued.refreshToken) }
            sessions.append(session)
            note(.generated, at: session.createdAt, tokens: tokens)
            for number in 0..<plan.renewals { note(.renewed, at: issuedAt - .seconds(lifetime * Double(number))) }
            note(.expired, at: session.accessExpiry.date)
            note(.unresolved, at: session.sentAt, outcome: "No response was received.")
            note(.refused, at: session.refusedAt, outcome: "Unknown refresh token.")
            note(.discarded, at: session.discardedAt)
        }
        for event in events.sorted(by: { $0.at < $1.at }) {
            clock.set(event.at)
            let session = sessions[event.session]
            sessions[event.session] =
                if let tokens = event.tokens {
                    try store.insert(session, tokens: tokens, entry: event.draft)
                } else {
                    try store.update(session, tokens: nil, entry: event.draft, keeping: nil)
                }
        }
        clock.set(nil)
    }
}

/// A clock that can be set to the past while sessions are stored.
final class DemoClock: Sendable {
    private let past = Mutex<Date?>(nil)

    var now: Date { past.withLock(\.self) ?? Date() }

    /// Sets the clock. `nil`: it shows the current time again.
    func set(_ date: Date?) { past.withLock { $0 = date } }
}

/// The client of the demo and the examples.
enum DevelopmentClient {
    static let id = "de000000-0000-4000-8000-000000000001"
}
