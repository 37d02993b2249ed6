# Completion of updsts for PowerShell. The program prints a value and its description in each line.
Register-ArgumentCompleter -Native -CommandName updsts -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words are taken from the parsed line: nothing on it is run.
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $before = $env:_UPDSTS_COMPLETE
    $env:_UPDSTS_COMPLETE = 'powershell'
    try {
        # Windows PowerShell leaves an empty argument out, so the last one begins with a sign.
        & updsts -- $words "=$wordToComplete" 2>$null | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        $env:_UPDSTS_COMPLETE = $before
    }
}
