import Foundation
import InspectorCore
import VisitorSessions

/// The inspector's arrangement, in the state folder. It isn't worth an error message: failures are ignored.
struct RememberedViewFile: Sendable {
    let url: URL

    func read() -> RememberedView? {
        guard let data = try? RegularFile.read(url, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(RememberedView.self, from: data)
    }

    func write(_ view: RememberedView) {
        guard let data = try? JSONEncoder().encode(view) else { return }
        // The filter may name a visitor.
        try? PrivateFile.replace(url, with: data)
    }
}
