public import ArgumentParser
public import InspectorTerminal

/// How the inspector looks. For the commands that open it.
struct LookOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Colours for a dark or a light ground, or auto.", valueName: "dark|light|auto"))
    var theme: ScreenOptions.Background = .auto

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    var looks: ScreenOptions { ScreenOptions(background: theme, isASCII: ascii) }
}

extension ScreenOptions.Background: ExpressibleByArgument {}
