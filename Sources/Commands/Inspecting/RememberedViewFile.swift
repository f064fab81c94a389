import Foundation
import InspectorCore
import VisitorSessions

/// How the inspector was arranged, in the state folder. Losing it costs nothing: what fails here is passed over.
struct RememberedViewFile: Sendable {
    let url: URL

    func read() -> RememberedView? {
        guard let data = try? RegularFile.read(url, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(RememberedView.self, from: data)
    }

    func write(_ view: RememberedView) {
        guard let data = try? JSONEncoder().encode(view) else { return }
        // The filter may name a visitor: for this person's eyes alone.
        try? PrivateFile.replace(url, with: data)
    }
}
