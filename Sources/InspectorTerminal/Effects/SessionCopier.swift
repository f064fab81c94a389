import InspectorCore
import VisitorSessions

/// Writes what was asked for, one session a line, and puts it into the clipboard.
struct SessionCopier: Sendable {
    let services: InspectorServices

    let environment: [String: String]

    /// Whether the terminal belongs to a tmux, which has a clipboard of its own.
    private var usesTmux: Bool { environment["TMUX", default: ""].isEmpty == false }

    func copy(_ form: CopyForm, _ sessions: [VisitorSession]) async -> Copied {
        var lines: [String] = []
        do {
            for session in sessions {
                if case .claim(_, let value) = form {
                    lines.append(value)
                } else if let opened = try await services.store.opened(session.id),
                    let text = services.write(opened, form)
                {
                    lines.append(text.reveal())
                }
            }
        } catch {
            return Copied(form: form, sessions: sessions, characters: 0, way: .failed(error.message))
        }
        guard !lines.isEmpty else {
            let reason = "There is no \(form.name) in it."
            return Copied(form: form, sessions: sessions, characters: 0, way: .failed(reason))
        }
        let text = Secret(lines.joined(separator: "\n"))
        let isInTmux = usesTmux && Clipboard.loadIntoTmux(text, environment: environment)
        return Copied(
            form: form, sessions: sessions, characters: lines.reduce(lines.count - 1) { $0 + $1.count },
            way: isInTmux ? .tmux : .terminal(text))
    }
}
