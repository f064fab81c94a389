// swift-tools-version: 6.2.3
import PackageDescription

let package = Package(
    name: "session-inspector",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "VisitorSessions", targets: ["VisitorSessions"]),
        .library(name: "WixHeadless", targets: ["WixHeadless"]),
        .library(name: "SQLiteSessions", targets: ["SQLiteSessions"]),
        .library(name: "PostgresSessions", targets: ["PostgresSessions"]),
        .library(name: "VisitorSessionsTesting", targets: ["VisitorSessionsTesting"]),
        .executable(name: "session-inspector", targets: ["session-inspector"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The session manager. Depends on no other target.
        .target(
            name: "VisitorSessions",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // System calls that Swift can't make.
        .target(name: "CSystem"),
        .target(name: "VisitorSessionsTesting", dependencies: ["VisitorSessions"]),

        // Adapters of the session manager, independent of each other.
        .target(name: "CCurl"),
        .target(name: "WixHeadless", dependencies: ["VisitorSessions", "CCurl"]),
        .target(
            name: "SQLiteSessions",
            dependencies: [
                "SessionSQL", "VisitorSessions", "CSystem", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(name: "CPostgres"),
        .target(name: "PostgresSessions", dependencies: ["SessionSQL", "VisitorSessions", "CPostgres"]),
        // The queries of both databases.
        .target(name: "SessionSQL", dependencies: ["VisitorSessions"]),
        .target(
            name: "DevelopmentIssuer",
            dependencies: ["VisitorSessions", .product(name: "Crypto", package: "swift-crypto")]),

        // Sessions of running applications.
        .target(
            name: "LiveSessions", dependencies: ["CSystem", "VisitorSessions", "WixHeadless"],
            resources: [.copy("Hook/node-hook.cjs")]),

        // Text for terminals: width, sanitizing, tables, times, standard error.
        .target(name: "TerminalText", dependencies: ["VisitorSessions"]),

        // The inspector: a pure core, and the terminal around it.
        .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw")]),
        .target(name: "InspectorCore", dependencies: ["TerminalText", "VisitorSessions"]),
        .target(
            name: "InspectorTerminal", dependencies: ["CNcurses", "InspectorCore", "TerminalText", "VisitorSessions"]),

        // The command line, which connects everything.
        .target(
            name: "Commands",
            dependencies: [
                "CSystem", "DevelopmentIssuer", "InspectorCore", "InspectorTerminal", "LiveSessions",
                "PostgresSessions", "SQLiteSessions", "TerminalText", "VisitorSessions", "WixHeadless",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(name: "session-inspector", dependencies: ["Commands"]),

        // Checks the imports, folders and lengths of the sources.
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "VisitorSessionsTests", dependencies: ["VisitorSessions", "VisitorSessionsTesting"]),
        .testTarget(
            name: "WixHeadlessTests",
            dependencies: [
                "VisitorSessions", "WixHeadless", "DevelopmentIssuer", "TestProcesses", "VisitorSessionsTesting",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "SQLiteSessionsTests",
            dependencies: [
                "VisitorSessions",
                "SQLiteSessions", "SessionSQL", "VisitorSessionsTesting", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "PostgresSessionsTests",
            dependencies: [
                "VisitorSessions", "PostgresSessions", "SessionSQL", "VisitorSessionsTesting", "TestProcesses",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "LiveSessionsTests",
            dependencies: [
                "LiveSessions", "TestProcesses", "VisitorSessions", "VisitorSessionsTesting", "WixHeadless",
            ],
            exclude: ["Fixtures"]),
        .testTarget(name: "DevelopmentIssuerTests", dependencies: ["DevelopmentIssuer", "WixHeadless"]),
        .testTarget(name: "TerminalTextTests", dependencies: ["TerminalText", "VisitorSessions"]),
        .testTarget(
            name: "InspectorCoreTests",
            dependencies: ["InspectorCore", "TerminalText", "VisitorSessions", "VisitorSessionsTesting"],
            exclude: ["Golden"]),
        .testTarget(
            name: "InspectorTerminalTests", dependencies: ["InspectorCore", "InspectorTerminal"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "Commands", "DevelopmentIssuer", "InspectorCore", "LiveSessions", "SQLiteSessions", "VisitorSessions",
                "WixHeadless",
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "session-inspector", "session-worker", "PostgresSessions", "SQLiteSessions", "TestProcesses",
                "VisitorSessions", "WixHeadless",
            ], exclude: ["Site", "Transcripts"]),

        // Fleet behavior: measured on a real server, and simulated for many hosts.
        .executableTarget(
            name: "fleet-experiment",
            dependencies: [
                "DevelopmentIssuer", "PostgresSessions", "TestProcesses", "VisitorSessions", "WixHeadless",
            ],
            path: "Tests/Performance/FleetExperiment"),
        .executableTarget(
            name: "store-measures",
            dependencies: ["SQLiteSessions", "VisitorSessions", .product(name: "GRDBSQLite", package: "GRDB.swift")],
            path: "Tests/Performance/StoreMeasures"),
        .executableTarget(
            name: "frame-work", dependencies: ["InspectorCore", "VisitorSessions"], path: "Tests/Performance/FrameWork"),
        .executableTarget(
            name: "fleet-simulation", dependencies: ["VisitorSessions", "VisitorSessionsTesting"],
            path: "Tests/Performance/FleetSimulation"),

        // Fuzzers.
        .executableTarget(
            name: "key-fuzz", dependencies: ["InspectorCore", "InspectorTerminal", "VisitorSessionsTesting"],
            path: "Tests/Fuzz/KeyFuzz"),
        .executableTarget(
            name: "token-fuzz", dependencies: ["VisitorSessionsTesting", "WixHeadless"], path: "Tests/Fuzz/TokenFuzz"),
        .executableTarget(
            name: "answer-fuzz",
            dependencies: ["TestProcesses", "VisitorSessions", "VisitorSessionsTesting", "WixHeadless"],
            path: "Tests/Fuzz/AnswerFuzz"),

        // Processes that tests start: children, PostgreSQL servers, poolers.
        .target(name: "TestProcesses", dependencies: ["CPostgres"], path: "Tests/TestProcesses"),

        // A worker process that tests can kill.
        .executableTarget(
            name: "session-worker",
            dependencies: [
                "VisitorSessions", "PostgresSessions", "SQLiteSessions", "VisitorSessionsTesting", "WixHeadless",
            ],
            path: "Tests/SessionWorker"),
    ]
)

for target in package.targets where !["CCurl", "CNcurses", "CPostgres", "CSystem"].contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
