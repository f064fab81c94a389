import Foundation
import InspectorCore
import VisitorSessions

/// Draws the inspector's list again and again, a second later each time, on no terminal: what a profiler counts is the work
/// of the pure core alone.
///
/// `frame-work FRAMES [KEYS]`: so many frames of a full screen whose sessions all count seconds, and so many keys that
/// move the selection.
@main
enum FrameWork {
    static func main() {
        let counts = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        var model = Model(
            InspectorOptions(profile: "work", store: "memory", keymap: .standard, timeZone: .gmt),
            size: Size(width: 120, height: 36),
            now: start)
        let sessions = (0..<280).map { session($0, at: start) }
        answer(model.start(), with: sessions, &model)
        var sum = 0
        for second in 0..<(counts.first ?? 0) {
            _ = update(&model, .time(start.addingTimeInterval(Double(second))))
            sum += InspectorView.frame(model).cursor.row
        }
        for key in 0..<(counts.dropFirst().first ?? 0) {
            answer(update(&model, .key(key % 40 < 20 ? .down : .up)), with: sessions, &model)
            sum += InspectorView.frame(model).cursor.row
        }
        print(sum)
    }

    /// A session whose access token ends within the hour.
    private static func session(_ number: Int, at now: Date) -> VisitorSession {
        let tokens = Tokens(
            accessToken: AccessToken(
                Secret("access"), expiresAt: now.addingTimeInterval(Double(600 + number * 10)),
                visitorID: "7c9e01ab-0f4e-4f6a-9a52-\(100_000_000_000 + number)"),
            refreshToken: RefreshToken(
                Secret("refresh"), role: .visitor, expiresAt: now.addingTimeInterval(364 * 86400)))
        var bytes = uuid_t(0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0)
        (bytes.0, bytes.1, bytes.2) = (UInt8(number * 37 & 255), UInt8(number >> 3 & 255), UInt8(number * 11 & 255))
        var session = VisitorSession(
            id: SessionID(UUID(uuid: bytes)), label: "checkout on mobile \(number)",
            clientID: "1a2b3c4d-0000-4000-8000-00000000c11e", tokens: tokens, at: now.addingTimeInterval(-7200))
        session.renewalCount = number % 4
        session.renewedAt = number % 4 == 0 ? nil : now.addingTimeInterval(-150)
        session.version = 1
        return session
    }

    private static func answer(_ effects: [Effect], with sessions: [VisitorSession], _ model: inout Model) {
        for effect in effects {
            guard case .load(let request) = effect else { continue }
            let loaded = LoadedList(
                answering: request, rows: sessions, anchorRow: 0, isAtStart: true, isAtEnd: true)
            _ = update(&model, .loaded(loaded))
        }
    }
}
