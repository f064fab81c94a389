import TerminalText
import VisitorSessions

/// Draws the whole screen from the model.
package enum InspectorView {
    package static func frame(_ model: Model) -> Frame {
        var frame = Frame(size: model.size)
        let layout = model.layout
        guard !layout.isTooSmall else {
            let lines = InspectorTexts.tooSmall(Layout.smallest, quit: model.key(.backOrQuit))
            for (row, line) in lines.enumerated() { frame.put(line, row: row, column: 0) }
            return frame
        }
        HeaderView.draw(model, in: &frame)
        if layout.listHeight > 0 { ListView.draw(model, in: &frame) }
        if layout.paneHeight > 0 { PaneView.draw(model, in: &frame) }
        FooterView.draw(model, in: &frame)
        if let popup = model.popups.last { PopupView.draw(popup, of: model, in: &frame) }
        FooterView.drawHint(model, in: &frame)
        return frame
    }

    /// The title of the terminal's window, without tokens and labels.
    package static func title(_ model: Model) -> String {
        let expired = model.overview.counts[.expired] + model.overview.counts[.refused]
        let profile = model.options.profile.isEmpty ? "" : " \(model.options.profile)"
        return TextSanitizer.line(
            "session-inspector\(profile): \(InspectorTexts.sessions(model.overview.counts.total))"
                + (expired > 0 ? ", \(InspectorTexts.expired(expired))" : ""))
    }
}
