import Foundation
import VisitorSessions

/// Sessions of every state at one instant.
enum Fixtures {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static let clientID = "1a2b3c4d-0000-4000-8000-00000000c11e"

    /// Some labels are hostile to terminals, others are hard to draw.
    static let sessions: [OpenedSession] = [
        session(1, "checkout bug", access: 761, renewals: 3),
        session(2, "cart on mobile", access: 42),
        session(3, "购物车 Größe テスト", access: 9000),
        session(4, "night import", access: -600),
        session(5, "member with tickets", access: 14000, role: .member),
        session(6, "refused yesterday", access: -90000) { $0.refusedAt = now - .seconds(80000) },
        session(7, "response lost", access: -30) { $0.sentAt = now - .seconds(20) },
        session(8, "evil \u{1B}]0;pwned\u{7}\u{202E}txt\nrow", access: 5000),
        session(9, "sealed with another key", access: 300) { $0.damage = "its tokens are sealed with an unknown key" },
        session(10, "being renewed", access: 100) {
            $0.lease = SessionLease(holder: "server 7", deadline: now + .seconds(30))
            $0.sentAt = now
        },
    ]

    static func session(
        _ number: UInt8, _ label: String, access: Double, role: TokenRole = .visitor, renewals: Int = 0,
        edit: (inout VisitorSession) -> Void = { _ in }
    ) -> OpenedSession {
        let tokens = tokens(number, access: access, role: role)
        let created = now - .seconds(7200)
        var session = VisitorSession(
            id: id(number), label: label, clientID: clientID, tokens: tokens, at: created)
        session.tokensAt = now.addingTimeInterval(access - 14400)
        session.renewalCount = renewals
        session.renewedAt = renewals > 0 ? now - .seconds(150) : nil
        session.version = 1
        edit(&session)
        return OpenedSession(session, tokens: tokens)
    }

    static func tokens(_ number: UInt8, access: Double, role: TokenRole = .visitor) -> Tokens {
        Tokens(
            accessToken: AccessToken(
                Secret("planted-access-\(number)"), expiresAt: now.addingTimeInterval(access),
                visitorID: "7c9e01a\(number)-1111-4111-8111-111111111111"),
            refreshToken: RefreshToken(
                Secret("planted-refresh-\(number)"), role: role, expiresAt: now + .seconds(364 * 86400 + 75600)))
    }

    /// An ID whose first digits show the number.
    static func id(_ number: UInt8) -> SessionID {
        var bytes = [UInt8](repeating: number, count: 16)
        bytes[0] = number &* 37
        bytes[6] = 0x40 | number & 0x0F
        bytes[8] = 0x80 | number & 0x3F
        return SessionID(
            bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) })
    }
}
