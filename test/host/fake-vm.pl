# What stands in for QEMU: run by a copy of perl named "kvm", with QEMU's argv. It answers QMP and can be deaf to SIGTERM.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($dir) = grep { defined } map { $ARGV[$_] eq "-dir" ? $ARGV[$_ + 1] : undef } 0 .. $#ARGV;
$SIG{PIPE} = "IGNORE";
$SIG{TERM} = "IGNORE" if -e "$dir/deaf";
# Root's by its effective id, which /proc shows; kill(2) goes by the real and the saved one.
if (-e "$dir/stuck") { $> = 65534; $< = 65534; $> = 0 }
unlink "$dir/qmp";
my $door = IO::Socket::UNIX->new(Local => "$dir/qmp", Listen => 5) or die "qmp: $!";
open my $pidfile, ">", "$dir/pid.new" or die;
print $pidfile "$$\n";
close $pidfile;
rename "$dir/pid.new", "$dir/pid" or die;

my @held;
while (1) {
    my $client = $door->accept or next;
    if (-e "$dir/mute") { push @held, $client; next }
    $client->autoflush(1);
    print $client qq({"QMP": {"version": {}, "capabilities": []}}\n);
    while (defined(my $request = readline $client)) {
        my ($name) = $request =~ /"execute":"([a-z_-]+)"/;
        my ($id) = $request =~ /"id":"([^"]+)"/;
        my $answer = '{}';
        $answer = '{"status": "running", "running": true}' if $name eq "query-status";
        $answer = '[{"device": "drive-scsi0", "io-status": "ok"}]' if $name eq "query-block";
        $answer = '[{"device": "drive-scsi0", "stats": {"wr_bytes": 4096, "rd_bytes": 512}}]' if $name eq "query-blockstats";
        note("resets") if $name eq "system_reset";
        if ($name eq "screendump" and -e "$dir/headless") {
            print $client qq({"id": "$id", "error": {"class": "GenericError", "desc": ),
                qq("There is no console to take a screendump from"}}\n);
            next;
        }
        if ($name eq "screendump") {
            my ($file) = $request =~ /"filename":"([^"]+)"/;
            open my $out, ">", $file or die;
            print $out "P6\n2 1\n255\n\1\2\3\4\5\6";
            close $out;
        }
        print $client qq({"timestamp": {"seconds": 1}, "event": "NOISE"}\n{"return": $answer, "id": "$id"}\n);
    }
}

sub note {
    open my $file, ">>", "$dir/$_[0]" or die;
    print $file "1\n";
}
