# A timer's signal handler counts in a hash, while the program sleeps.
use strict;
use warnings;
use Time::HiRes qw(setitimer sleep ITIMER_REAL);

my %counts = (ticks => 0);
my $secret = join "", map { int rand 10 } 1 .. 12;
$SIG{ALRM} = sub { $counts{ticks}++ };
setitimer(ITIMER_REAL, 0.01, 0.01);
while (1) {
    sleep 0.05;
    open my $file, ">", "state.new" or die;
    print $file "$secret $counts{ticks}";
    close $file;
    rename "state.new", "state" or die;
}
