<#
.SYNOPSIS
Cài đặt hoặc nâng cấp quầy đánh giá Hài Lòng từ thư mục này; không cần Internet, dữ liệu được giữ nguyên.
Installs or updates a Hài Lòng desk from this folder; needs no Internet, keeps the data. Run as administrator.
.PARAMETER HostName
127.0.0.1, or 0.0.0.0 for a tablet in the LAN (opens the port to the local subnet only).
.PARAMETER Screen
The local account whose session shows the faces.
#>
param(
    [string]$To = (Join-Path $env:ProgramFiles 'Hailong'),
    [string]$Instance = (Join-Path $env:ProgramData 'Hailong'),
    [int]$Port = 8001,
    [string]$HostName = '127.0.0.1',
    [string]$Screen = '',
    [switch]$NoTasks
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2
$Here = Split-Path -Parent $MyInvocation.MyCommand.Path
$Tasks = 'Hailong Kiosk', 'Hailong Sync', 'Hailong Watch'

function Stop-With([string]$Message) { [Console]::Error.WriteLine($Message); exit 1 }
function Invoke-Checked([string]$Program, [string[]]$Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program failed with $LASTEXITCODE" }
}

# 1. The bundle is whole, and this machine has a Python (for all users) that it was made for.
foreach ($Line in Get-Content (Join-Path $Here 'SHA256SUMS')) {
    $Sum, $Name = $Line -split '  ', 2
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath (Join-Path $Here $Name)).Hash -ne $Sum) {
        Stop-With "bundle_damaged: $Name - hãy chép lại thư mục cài đặt / copy the bundle again. Nothing was changed."
    }
}
$Version = (Get-Content (Join-Path $Here 'VERSION')).Trim()
$Pythons = (Get-Content (Join-Path $Here 'PYTHONS')).Trim() -split ' '
$Python = $null
foreach ($Number in $Pythons) {
    foreach ($Root in 'HKLM:\SOFTWARE\Python\PythonCore', 'HKLM:\SOFTWARE\WOW6432Node\Python\PythonCore') {
        $Key = Join-Path $Root "$Number\InstallPath"
        if (-not $Python -and (Test-Path $Key)) {
            $Found = Join-Path (Get-ItemProperty $Key).'(default)' 'python.exe'
            if (Test-Path $Found) { $Python = $Found }
        }
    }
}
if (-not $Python) {
    Stop-With "python_missing: Cần Python $Pythons (64 bit, 'for all users') / This PC needs one of these. Nothing was changed."
}

# 2. The new version beside the old one, from the wheels in this folder alone.
New-Item -ItemType Directory -Force -Path $To, $Instance | Out-Null
$New = Join-Path $To ("app-$Version-" + (Get-Date).ToUniversalTime().ToString('yyyyMMddHHmmss'))
$NewPython = Join-Path $New 'Scripts\python.exe'
$NewHailong = Join-Path $New 'Scripts\hailong.exe'
Invoke-Checked $Python @('-I', '-m', 'venv', '--without-pip', $New)
$env:PIP_CONFIG_FILE = 'NUL'
$env:PYTHONUTF8 = '1'
$env:PYTHONPATH = (Get-Item (Join-Path $Here 'wheels\pip-*.whl')).FullName
Invoke-Checked $NewPython @('-m', 'pip', '--isolated', 'install', '--quiet', '--no-index', '--find-links',
    (Join-Path $Here 'wheels'), '--no-warn-script-location', '--disable-pip-version-check', "hailong==$Version")
Remove-Item Env:PYTHONPATH

# 3. An update: the desk pauses, and the new version must be able to read a copy of its data before it may have it.
if (-not $NoTasks) {
    foreach ($Task in $Tasks) { Stop-ScheduledTask -TaskName $Task -ErrorAction SilentlyContinue }
    Start-Sleep -Seconds 2
}
if (Test-Path (Join-Path $Instance 'kiosk.sqlite')) {
    $Copy = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory -Path $Copy | Out-Null
    Copy-Item (Join-Path $Instance 'kiosk.sqlite*') $Copy
    $env:HAILONG_INSTANCE = $Copy
    & $NewHailong kiosk upgrade | Out-Null
    $Readable = $LASTEXITCODE -eq 0
    Remove-Item -Recurse -Force $Copy
    if (-not $Readable) {
        Remove-Item -Recurse -Force $New
        foreach ($Task in $Tasks) { Start-ScheduledTask -TaskName $Task -ErrorAction SilentlyContinue }
        Stop-With 'store_unreadable: Bản mới không đọc được dữ liệu; bản cũ vẫn chạy / the old version goes on.'
    }
}
$env:HAILONG_INSTANCE = $Instance

# 4. Switch over: one file names the version in force. The one before stays, older ones go.
foreach ($Name in 'watch.py', 'screen.flags') { Copy-Item (Join-Path $Here "files\$Name") $To -Force }
Invoke-Checked $NewHailong @('kiosk', 'starting', (Join-Path $To 'starting.html'))
$Command = @('@echo off', "set `"HAILONG_INSTANCE=$Instance`"", 'set PYTHONUTF8=1', "`"$NewHailong`" %*")
[IO.File]::WriteAllLines((Join-Path $To 'hailong.cmd'), $Command, [Text.Encoding]::Default)
Get-ChildItem $To -Directory -Filter 'app-*' | Sort-Object Name -Descending | Select-Object -Skip 2 |
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
$Config = Join-Path $Instance 'kiosk.cfg'
$Run = Join-Path $Instance 'run'
New-Item -ItemType Directory -Force -Path $Run | Out-Null
if (-not (Test-Path $Config)) {
    # The staff page leaves word here for the screen's session: `screen.ps1` looks for it.
    $Lines = '[kiosk]', "leave_command = cmd.exe /c copy /y NUL `"$(Join-Path $Run 'leave')`"",
        "network_command = cmd.exe /c copy /y NUL `"$(Join-Path $Run 'network')`""
    [IO.File]::WriteAllLines($Config, $Lines)
}

# 5. The services, as tasks at start-up under LOCAL SERVICE; nobody else but administrators reads the data.
if (-not $NoTasks) {
    Invoke-Checked 'icacls.exe' @($Instance, '/quiet', '/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F',
        '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-19:(OI)(CI)M')
    Invoke-Checked 'icacls.exe' @($Run, '/quiet', '/grant', '*S-1-5-32-545:(OI)(CI)RX')
    $Service = New-ScheduledTaskPrincipal -UserId 'S-1-5-19' -LogonType ServiceAccount
    $System = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount
    $Settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
        -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable `
        -MultipleInstances IgnoreNew
    $Starts = New-ScheduledTaskTrigger -AtStartup
    $Serve = New-ScheduledTaskAction -Execute 'cmd.exe' -WorkingDirectory $Instance `
        -Argument "/c `"`"$To\hailong.cmd`" kiosk serve --host $HostName --port $Port`""
    $Sync = New-ScheduledTaskAction -Execute 'cmd.exe' -WorkingDirectory $Instance `
        -Argument "/c `"`"$To\hailong.cmd`" kiosk sync --every 30`""
    $Watch = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument ("-NoProfile -NonInteractive -Command " +
        "`"& '$NewPython' -I '$To\watch.py' http://127.0.0.1:$Port/healthz; if (`$LASTEXITCODE) { " +
        "Stop-ScheduledTask 'Hailong Kiosk'; Start-ScheduledTask 'Hailong Kiosk' }; " +
        "Start-ScheduledTask 'Hailong Sync'`"")
    $Minutely = New-ScheduledTaskTrigger -Once -At (Get-Date).AddMinutes(2) -RepetitionInterval (New-TimeSpan -Minutes 1)
    Register-ScheduledTask -Force -TaskName 'Hailong Kiosk' -Action $Serve -Trigger $Starts -Principal $Service `
        -Settings $Settings | Out-Null
    Register-ScheduledTask -Force -TaskName 'Hailong Sync' -Action $Sync -Trigger $Starts -Principal $Service `
        -Settings $Settings | Out-Null
    Register-ScheduledTask -Force -TaskName 'Hailong Watch' -Action $Watch -Trigger $Minutely -Principal $System `
        -Settings $Settings | Out-Null
    foreach ($Task in 'Hailong Kiosk', 'Hailong Sync') { Start-ScheduledTask -TaskName $Task }
    Remove-NetFirewallRule -DisplayName 'Hailong Kiosk' -ErrorAction SilentlyContinue
    if ($HostName -notin '127.0.0.1', 'localhost', '::1') {
        New-NetFirewallRule -DisplayName 'Hailong Kiosk' -Direction Inbound -Protocol TCP -LocalPort $Port `
            -RemoteAddress LocalSubnet -Profile Domain, Private -Action Allow | Out-Null
    }
    & $NewPython -I (Join-Path $To 'watch.py') "http://127.0.0.1:$Port/healthz" 60
    if ($LASTEXITCODE) { Stop-With 'not_up: Máy chủ của quầy chưa chạy; bộ cài không xoá gì trong thư mục dữ liệu / the server is not up; nothing in the data folder was erased.' }
}

# 6. The screen: a task at the log-on of that account.
if ($Screen -and -not $NoTasks) {
    Copy-Item (Join-Path $Here 'files\screen.ps1') $To -Force
    $Show = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument ("-NoProfile -WindowStyle Hidden -ExecutionPolicy " +
        "Bypass -File `"$To\screen.ps1`" -Port $Port -Run `"$Run`"")
    Register-ScheduledTask -Force -TaskName 'Hailong Screen' -Action $Show -Settings $Settings `
        -Trigger (New-ScheduledTaskTrigger -AtLogOn -User $Screen) `
        -Principal (New-ScheduledTaskPrincipal -UserId $Screen -LogonType Interactive) | Out-Null
}

# 7. What is installed, and what comes next.
& $NewPython -I -c "import importlib.metadata as m; print('\n'.join(sorted(f'  {d.name} {d.version}' for d in m.distributions())))"
Write-Output "Xong / Done: Hài Lòng $Version"
Write-Output "Ghép thiết bị / Pair:  `"$To\hailong.cmd`" kiosk enrol https://TRUNG-TÂM MÃ"
Write-Output "Nghiệm thu / Accept:   `"$To\hailong.cmd`" kiosk drill"
