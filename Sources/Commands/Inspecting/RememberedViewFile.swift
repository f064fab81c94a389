import Foundation
import InspectorCore

/// How the inspector was arranged, in the state folder. Losing it costs nothing: what fails here is passed over.
struct RememberedViewFile: Sendable {
    let url: URL

    func read() -> RememberedView? {
        FileManager.default.contents(atPath: url.path).flatMap {
            try? JSONDecoder().decode(RememberedView.self, from: $0)
        }
    }

    func write(_ view: RememberedView) {
        guard let data = try? JSONEncoder().encode(view) else { return }
        // The filter may name a visitor: for this person's eyes alone.
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        try? FileHandle(fileDescriptor: descriptor).write(contentsOf: data)
    }
}
