<#
.SYNOPSIS
The browser on the desk's screen: begun with the session, begun again whenever it ends, until the staff leave kiosk mode.
#>
param([int]$Port = 8001, [string]$Run = (Join-Path $env:ProgramData 'Hailong\run'))
$Here = Split-Path -Parent $MyInvocation.MyCommand.Path
$Began = Get-Date
$Page = ([Uri](Join-Path $Here 'starting.html')).AbsoluteUri + "#http://127.0.0.1:$Port"
$Browser = @(
    "$env:ProgramFiles\Google\Chrome\Application\chrome.exe",
    "${env:ProgramFiles(x86)}\Microsoft\Edge\Application\msedge.exe",
    "$env:ProgramFiles\Microsoft\Edge\Application\msedge.exe"
) | Where-Object { Test-Path $_ } | Select-Object -First 1
$Profile1 = Join-Path ([IO.Path]::GetTempPath()) 'hailong-screen'
$Flags = @(Get-Content (Join-Path $Here 'screen.flags')) + @('--edge-kiosk-type=fullscreen', "--user-data-dir=`"$Profile1`"", $Page)

function Test-Word([string]$Name) {
    $File = Get-Item (Join-Path $Run $Name) -ErrorAction SilentlyContinue
    return $File -and $File.LastWriteTime -gt $script:Began
}

while ($true) {
    Remove-Item -Recurse -Force $Profile1 -ErrorAction SilentlyContinue
    $Screen = Start-Process -FilePath $Browser -ArgumentList $Flags -PassThru
    while (-not $Screen.HasExited) {
        if (Test-Word 'leave') { Stop-Process -Id $Screen.Id; exit 0 }
        if (Test-Word 'network') {
            $script:Began = Get-Date
            Stop-Process -Id $Screen.Id
            Start-Process 'ms-settings:network'
            Start-Sleep -Seconds 60
        }
        Start-Sleep -Seconds 1
    }
    Start-Sleep -Seconds 2
}
