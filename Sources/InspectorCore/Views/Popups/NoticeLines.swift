import TerminalText

/// Names and values to be read, such as an issuer's answer.
enum NoticeLines {
    static func lines(_ notice: Notice, _ model: Model) -> [StyledLine] {
        let names = min((notice.lines.map { DisplayWidth.of($0.name) }.max() ?? 0) + 2, 20)
        return notice.lines.flatMap { line in
            StyledLine.facts(
                line.name, line.value, width: model.popupWidth, style: Style(line.isFailure ? .error : .plain),
                nameWidth: names)
        }
    }
}
