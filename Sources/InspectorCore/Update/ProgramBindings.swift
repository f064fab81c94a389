extension Keymap {
    package static let standard = Keymap(
        [
            ("Sessions", sessions), ("Marks", marking), ("Running applications", applications),
            ("Find, sort and open", searching + sorting), ("Tokens", tokens), ("View", showing + themes),
            ("Move", moving),
            ("Program", program), ("", popups),
        ].flatMap { title, bindings in
            bindings.map { binding in
                var binding = binding
                binding.section = title
                return binding
            }
        })

    private static let program = [
        KeyBinding(.mouse, ["m"], "mouse", "toggle mouse capture") {
            $0.takesMouse.toggle()
            $0.showToast(.hint, $0.takesMouse ? InspectorTexts.mouseOn : InspectorTexts.mouseOff(mouse: $0.key(.mouse)))
            return [.mouse($0.takesMouse)]
        },
        KeyBinding(.palette, [":"], "palette", "find and run a command", bar: 8) {
            $0.show(.palette(Palette(context: $0.focus)))
        },
        KeyBinding(
            .back, [.escape], "back", "go back: close what is open, clear the range, filter or marks",
            in: Focus.everywhere
        ) { $0.goBack() },
        KeyBinding(.help, ["?"], "help", "show the keys that work here", bar: 0, pane: 0) {
            $0.show(.help(Help(of: $0.focus)))
        },
        KeyBinding(.redraw, [.control("l")], "redraw", "redraw the screen", in: Focus.everywhere) { _ in
            [.redraw]
        },
        KeyBinding(.suspend, [.control("z")], "suspend", "suspend; fg resumes", in: Focus.everywhere) {
            if !$0.jobs.isSuspending { $0.status.toast = nil }
            return $0.jobs.suspend()
        },
        KeyBinding(
            .backOrQuit, ["q"], "quit", "go back; in the list, quit", in: Focus.panes.union([.help, .notice]), bar: 1,
            pane: 1
        ) { $0.popups.isEmpty && $0.hasNothingToDismiss ? [.quit] : $0.goBack() },
        KeyBinding(
            .quit, ["Q"], "quit", "quit from any pane", in: Focus.panes.union([.help, .notice])
        ) { _ in [.quit] },
        KeyBinding(.quit, [.control("c")], "quit", "quit from anywhere", in: Focus.everywhere) { _ in [.quit] },
    ]

    private static let popups = [
        moving(.up, [.up, .control("p")], "up", "previous choice", .lines(-1), in: [.palette]),
        moving(.down, [.down, .control("n")], "down", "next choice", .lines(1), in: [.palette]),
        moving(.up, [.up, .backTab], "up", "previous field", .lines(-1), in: [.form]),
        moving(.down, [.down, .tab], "down", "next field", .lines(1), in: [.form]),
        moving(.up, [.up], "up", "previous session", .lines(-1), in: [.setEditor]),
        moving(.down, [.down], "down", "next session", .lines(1), in: [.setEditor]),
        moving(.pageUp, [.pageUp], "page up", "page up", .pages(-1), in: [.palette]),
        moving(.pageDown, [.pageDown], "page down", "page down", .pages(1), in: [.palette]),
        KeyBinding(
            .accept, [.enter], "accept", "accept",
            in: [.prompt, .palette, .menu, .setEditor, .labelEditor, .form, .popupFilter]
        ) { $0.accept() },
        moving(.up, [.up], "up", "move up", .lines(-1), in: [.prompt, .popupFilter]),
        moving(.down, [.down], "down", "move down", .lines(1), in: [.prompt, .popupFilter]),
        moving(.pageUp, [.pageUp], "page up", "move up a page", .pages(-1), in: [.prompt, .popupFilter]),
        moving(.pageDown, [.pageDown], "page down", "move down a page", .pages(1), in: [.prompt, .popupFilter]),
        KeyBinding(.complete, [.tab], "complete", "complete the filter's last word", in: [.prompt]) {
            $0.completePrompt()
        },
        KeyBinding(.filter, ["/"], "filter", "show only matching lines", in: [.help, .notice]) {
            $0.filterPopup()
        },
        KeyBinding(.externalEditor, [.control("e")], "editor", "edit in $EDITOR", in: [.setEditor]) {
            $0.openExternalEditor()
        },
        KeyBinding(.confirm, ["y"], "yes", "confirm", in: [.confirmation]) { $0.confirm() },
    ]
}
