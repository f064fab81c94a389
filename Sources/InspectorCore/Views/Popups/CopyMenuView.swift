import TerminalText

/// What of a session can be copied.
enum CopyMenuView {
    static func draw(_ menu: CopyMenu, _ model: Model, in frame: inout Frame) {
        let height = max(frame.size.height - 4, 3)
        let shown = ChoiceLine.window(of: menu.choices.count, around: menu.choice, height: height)
        let names = menu.choices.map { choice in
            if case .form(.claim(let name, _)) = choice { DisplayWidth.of(name) + 2 } else { 0 }
        }
        let nameWidth = min(names.max() ?? 0, 30)
        let lines = shown.map { place in
            let (key, text) = text(of: menu.choices[place], nameWidth: nameWidth)
            // Claims have no keys.
            return ChoiceLine.line(isChosen: place == menu.choice, key, text, keyWidth: nameWidth > 0 ? 0 : 8)
        }
        let whose = menu.sessions.count == 1 ? menu.sessions[0].shortName : "\(menu.sessions.count) sessions"
        let area = PopupBox(
            title: "copy of \(whose)",
            hint: "\(model.key(.accept, in: .menu)) copies · \(model.key(.back, in: .menu)) goes back", lines: lines,
            window: (shown, menu.choices.count)
        ).draw(in: &frame)
        frame.cursor = Place(row: area.row + menu.choice - shown.lowerBound, column: area.column)
        for (offset, choice) in shown.enumerated() { area.aim(.choice(choice), line: offset, in: &frame) }
    }

    private static func text(of choice: CopyMenu.Choice, nameWidth: Int) -> (key: String, text: String) {
        switch choice {
        case .form(.claim(let name, let value)): ("", name.padding(toWidth: nameWidth) + value)
        case .form(let form): (form.key.map { String($0) } ?? "", form.name)
        case .claims: ("m", "one claim…")
        }
    }
}
