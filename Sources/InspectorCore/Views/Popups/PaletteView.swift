/// The commands that the typed words name.
enum PaletteView {
    static func draw(_ palette: Palette, _ model: Model, in frame: inout Frame) {
        let commands = model.commands(palette)
        let height = max(min(frame.size.height - 6, 16), 3)
        let shown = ChoiceLine.window(of: commands.count, around: palette.choice, height: height)
        let lines = shown.map { place in
            let binding = commands[place]
            return ChoiceLine.line(
                isChosen: place == palette.choice, binding.keys.first?.name ?? "",
                "\(binding.action.rawValue): \(binding.help)", isDim: binding.obstacle(model) != nil)
        }
        let empty = [StyledLine("No such command", .dim)]
        // As high as it ever is: what is typed must not make it jump.
        let found = lines.isEmpty ? empty : lines
        let filler = Array(repeating: StyledLine(), count: max(height - found.count, 0))
        let area = PopupBox(
            title: "commands",
            hint: "\(model.key(.accept, in: .palette)) runs it · \(model.key(.back, in: .palette)) closes",
            lines: [StyledLine(), StyledLine()] + found + filler,
            window: (shown, commands.count), width: 74
        ).draw(in: &frame)
        frame.put(":", row: area.row, column: area.column, style: Style(.accent, bold: true))
        palette.field.draw(row: area.row, columns: area.column + 2..<area.column + area.width, in: &frame)
        for (offset, choice) in shown.enumerated() { area.aim(.choice(choice), line: offset + 2, in: &frame) }
    }
}
