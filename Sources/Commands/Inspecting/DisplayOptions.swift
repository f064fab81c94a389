import ArgumentParser
import InspectorTerminal

/// How the inspector looks, for the commands that open it.
struct DisplayOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Colours for a dark or a light ground, or auto.", valueName: "dark|light|auto"))
    var theme: ScreenOptions.Background?

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    /// - Parameter configured: The theme of the configuration. The option takes precedence.
    func screenOptions(configured: String? = nil) -> ScreenOptions {
        let background = theme ?? configured.flatMap(ScreenOptions.Background.init(rawValue:)) ?? .auto
        return ScreenOptions(background: background, isASCII: ascii)
    }
}

extension ScreenOptions.Background: ExpressibleByArgument {}
